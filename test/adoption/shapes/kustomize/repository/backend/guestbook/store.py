import os

import psycopg


def connect() -> psycopg.Connection:
    return psycopg.connect(
        host=os.environ["POSTGRES_HOST"],
        dbname="guestbook",
        user="guestbook",
        password=os.environ["POSTGRES_PASSWORD"],
        connect_timeout=5,
    )
