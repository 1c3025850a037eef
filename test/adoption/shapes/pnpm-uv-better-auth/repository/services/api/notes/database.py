import os
from functools import cache

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine

metadata = MetaData()
notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("text", Text, nullable=False),
)


@cache
def engine() -> Engine:
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    return create_engine(url, pool_pre_ping=True)
