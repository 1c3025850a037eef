from guestbook.store import connect

if __name__ == "__main__":
    with connect() as connection:
        connection.execute("create table if not exists entries (id serial primary key, text text not null)")
