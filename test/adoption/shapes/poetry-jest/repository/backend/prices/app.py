from fastapi import APIRouter, FastAPI, HTTPException

from prices.convert import RATES, convert

VERSION = "version 1"
router = APIRouter(prefix="/api/v1")


@router.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "version": VERSION}


@router.get("/price")
def price(amount: float, currency: str = "EUR") -> float:
    if currency not in RATES:
        raise HTTPException(404, "unknown currency")
    return convert(amount, currency)


app = FastAPI(title="Prices")
app.include_router(router)
