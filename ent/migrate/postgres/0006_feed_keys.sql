-- Modify "users" table
ALTER TABLE "users" ADD COLUMN "tokens_valid_from" timestamptz NULL;
-- Create "token_revocations" table
CREATE TABLE "token_revocations" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "issuer" character varying NOT NULL, "token_id" character varying NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "tokenrevocation_external_source_external_id" to table: "token_revocations"
CREATE UNIQUE INDEX "tokenrevocation_external_source_external_id" ON "token_revocations" ("external_source", "external_id");
-- Create index "tokenrevocation_issuer_token_id" to table: "token_revocations"
CREATE UNIQUE INDEX "tokenrevocation_issuer_token_id" ON "token_revocations" ("issuer", "token_id");
-- Create "feed_keys" table
CREATE TABLE "feed_keys" ("id" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "seq" bigint NOT NULL, "external_source" character varying NULL, "external_id" character varying NULL, "archived_at" timestamptz NULL, "name" character varying NOT NULL, "scope_kind" character varying NOT NULL, "scope_id" bigint NULL, "reads_money" boolean NOT NULL, "reads_rate" boolean NOT NULL, "reads_personal" boolean NOT NULL, "secret_hash" character varying NOT NULL, "valid_to" timestamptz NOT NULL, "revoked_at" timestamptz NULL, "owner_id" bigint NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "feed_keys_users_owner" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
-- Create index "feedkey_external_source_external_id" to table: "feed_keys"
CREATE UNIQUE INDEX "feedkey_external_source_external_id" ON "feed_keys" ("external_source", "external_id");
-- Create index "feedkey_owner_id" to table: "feed_keys"
CREATE INDEX "feedkey_owner_id" ON "feed_keys" ("owner_id");
-- When feed keys were last used: outside the journal, since using one changes nothing in the record.
CREATE TABLE "feed_key_use" ("feed_key_id" bigint NOT NULL, "used_at" timestamptz NOT NULL, PRIMARY KEY ("feed_key_id"));
