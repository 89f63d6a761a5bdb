// Runs urql with its normalised cache (graphcache) against a server that has 45 projects.
//
//   TOKEN=... SCHEMA=... node clients/urql.mjs BASE_URL
import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { buildSchema, introspectionFromSchema, parse } from 'graphql';
import { check, counting, endpoint, headers } from './expect.mjs';

const { sent, fetch } = counting();
const document = parse(await readFile(new URL('operations.graphql', import.meta.url), 'utf8'));
const only = (name) => ({
  kind: 'Document',
  definitions: document.definitions.filter((d) => d.kind === 'FragmentDefinition' || d.name.value === name),
});
const values = /^(Amount|FieldError|Change.*|.*Payload)$/; // have no identity

await check('urql', async () => {
  const schema = introspectionFromSchema(buildSchema(await readFile(process.env.SCHEMA, 'utf8')));
  const warnings = [];
  const client = new Client({
    url: endpoint,
    fetch,
    fetchOptions: { headers },
    preferGetMethod: process.env.METHOD === 'GET' ? 'force' : false,
    exchanges: [
      cacheExchange({
        schema,
        resolvers: { Query: { projects: relayPagination() } },
        logger: (severity, message) => severity !== 'debug' && warnings.push(message),
      }),
      fetchExchange,
    ],
  });
  const ask = async (name, variables) => {
    const { data, error } = await client.query(only(name), variables).toPromise();
    ok(!error, error?.message);
    return data;
  };

  // Pages grow one list.
  let after;
  let all;
  for (let pages = 0; pages === 0 || (all.pageInfo.hasNextPage && pages < 5); pages++) {
    ({ projects: all } = await ask('Projects', after ? { first: 20, after } : { first: 20 }));
    after = all.pageInfo.endCursor;
  }
  equal(all.edges.length, 45);
  equal(new Set(all.edges.map(({ node }) => node.id)).size, 45);
  equal(sent.Projects, 3);

  // What is known is not asked again; a change is seen wherever the thing is shown.
  const { id } = all.edges[30].node;
  await ask('Thing', { id });
  const renamed = await client.mutation(only('Rename'), { id, name: 'By urql' }).toPromise();
  ok(!renamed.error, renamed.error?.message);
  deepStrictEqual(renamed.data.projectUpdate.errors, []);
  equal((await ask('Thing', { id })).node.name, 'By urql');
  equal((await ask('Projects', { first: 20 })).projects.edges[30].node.name, 'By urql');
  deepStrictEqual(sent, { Projects: 3, Thing: 1, Rename: 1 });
  deepStrictEqual(warnings.filter((w) => !values.test(w)), []);

  // What is wrong arrives as it was said.
  const { error } = await client.query(parse('query Wrong { nothing }'), {}).toPromise();
  ok(error.graphQLErrors.length > 0 || error.networkError, 'no error');
});
