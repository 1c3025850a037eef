-- Rules for every migration (expand/contract): it runs while pods of the previous release still serve, so it only
-- adds: a new table, a nullable column or one with a default. What nothing uses any more goes a release later.
-- An applied file is never edited; a change is a new file with the next number.

CREATE TABLE backend.tasks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner text NOT NULL,
  title text NOT NULL,
  done boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX tasks_by_owner ON backend.tasks (owner, created_at DESC, id);
