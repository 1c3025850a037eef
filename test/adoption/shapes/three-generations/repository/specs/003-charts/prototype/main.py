from fastapi import FastAPI

prototype = FastAPI()
