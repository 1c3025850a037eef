from fastapi import FastAPI

from dice import roll

app = FastAPI()


@app.get("/")
def version():
    return {"version": "version 1"}


@app.get("/roll")
def one(sides: int = 6):
    return {"rolled": roll(sides)}
