-- The journal: one row a mutation, its changes, and the erasable values beside the chain.
CREATE TABLE "journal" ("seq" bigint NOT NULL, "at" timestamptz NOT NULL, "actor" text NOT NULL, "action" text NOT NULL, "reason" text NOT NULL, "request_id" text NOT NULL, "key" text NOT NULL, "input" bytea NOT NULL, "results" text NOT NULL, "schema" bigint NOT NULL, "min_writer" bigint NOT NULL, "min_reader" bigint NOT NULL, "tables" text NOT NULL, "change_count" bigint NOT NULL, "hash" bytea NOT NULL, PRIMARY KEY ("seq"));
CREATE INDEX "journal_at_seq" ON "journal" ("at", "seq");
CREATE TABLE "journal_change" ("seq" bigint NOT NULL, "n" bigint NOT NULL, "entity" text NOT NULL, "id" bigint NOT NULL, "project" bigint NOT NULL, "portfolio" bigint NOT NULL, "op" text NOT NULL, "columns" text NOT NULL, PRIMARY KEY ("seq", "n"));
CREATE INDEX "journal_change_deleted" ON "journal_change" ("entity", "id", "seq") WHERE "op" = 'DELETE';
CREATE TABLE "journal_private" ("seq" bigint NOT NULL, "n" bigint NOT NULL, "column_name" text NOT NULL, "salt" bytea NOT NULL, "old_value" text NULL, "new_value" text NULL, PRIMARY KEY ("seq", "n", "column_name"));
CREATE TABLE "journal_erasure" ("entity" text NOT NULL, "id" bigint NOT NULL, "seq" bigint NOT NULL, PRIMARY KEY ("entity", "id", "seq"));
CREATE TABLE "journal_key" ("actor" text NOT NULL, "action" text NOT NULL, "key" text NOT NULL, "seq" bigint NOT NULL, "salt" bytea NOT NULL, "input" bytea NOT NULL, "at" timestamptz NOT NULL, PRIMARY KEY ("actor", "action", "key"));
CREATE INDEX "journal_key_at" ON "journal_key" ("at");
-- Long texts by their addresses, which stand in rows and changes, and the key the addresses are made with: one row, filled once.
CREATE TABLE "journal_text" ("address" text NOT NULL, "body" text NOT NULL, PRIMARY KEY ("address"));
CREATE TABLE "journal_text_key" ("id" bigint NOT NULL, "key" bytea NOT NULL, PRIMARY KEY ("id"));
-- Writers lock this row and never change it, so that an old reader cannot bloat it.
CREATE TABLE "journal_lock" ("id" bigint NOT NULL, PRIMARY KEY ("id"));
INSERT INTO "journal_lock" ("id") VALUES (1);
