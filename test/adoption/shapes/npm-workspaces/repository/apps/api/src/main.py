from fastapi import FastAPI

app = FastAPI(version="version 1")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok", "version": app.version}


@app.get("/forecast")
async def forecast() -> dict[str, int]:
    return {"fahrenheit": 68}
