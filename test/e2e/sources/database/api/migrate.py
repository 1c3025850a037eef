from pg import query

query("CREATE TABLE IF NOT EXISTS items (id serial, title text)")
