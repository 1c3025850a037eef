# There is nothing to migrate.
