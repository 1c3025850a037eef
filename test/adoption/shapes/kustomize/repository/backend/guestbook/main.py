from fastapi import FastAPI, Response

from guestbook.store import connect

VERSION = "version 1"
app = FastAPI(openapi_url=None)


@app.get("/livez")
def livez() -> dict[str, str]:
    return {"version": VERSION}


@app.get("/readyz")
def readyz(response: Response) -> dict[str, str]:
    try:
        with connect() as connection:
            connection.execute("select 1")
    except Exception:
        response.status_code = 503
        return {"status": "no database"}
    return {"status": "ready"}


@app.get("/entries")
def entries() -> list[str]:
    with connect() as connection:
        return [text for (text,) in connection.execute("select text from entries order by id")]
