-- The journal of access: its entries, and one row that says after which of them the chain begins. Writers lock that row.
CREATE TABLE "access_entry" ("n" bigint NOT NULL, "at" timestamptz NOT NULL, "kind" text NOT NULL, "actor" text NOT NULL, "address" text NOT NULL, "what" text NOT NULL, "request_id" text NOT NULL, "entry" bigint NOT NULL, "times" bigint NOT NULL, "hash" bytea NOT NULL, PRIMARY KEY ("n"));
CREATE INDEX "access_entry_at" ON "access_entry" ("at");
CREATE TABLE "access_anchor" ("id" bigint NOT NULL, "n" bigint NOT NULL, "hash" bytea NOT NULL, PRIMARY KEY ("id"));
