// Runs urql with its normalised cache (graphcache) against a server that has 45 projects.
//
//   TOKEN=... SCHEMA=... EVENTS=ws|sse [METHOD=GET] node clients/urql.mjs BASE_URL
import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { buildSchema, introspectionFromSchema, parse } from 'graphql';
import { connection, observe } from './connections.mjs';
import { ask as askApart, check, counting, endpoint, headers, until } from './expect.mjs';

const { sent, fetch } = counting();
const text = await readFile(new URL('operations.graphql', import.meta.url), 'utf8');
const document = parse(text);
const only = (name) => ({
  kind: 'Document',
  definitions: document.definitions.filter((d) => d.kind === 'FragmentDefinition' || d.name.value === name),
});
const keys = { Viewer: () => null, ProjectEvent: () => null }; // values: they have no identity

await check('urql', async () => {
  const schema = introspectionFromSchema(buildSchema(await readFile(process.env.SCHEMA, 'utf8')));
  const warnings = [];
  const { client: events, cut } = connection();
  const client = new Client({
    url: endpoint,
    fetch,
    fetchOptions: { headers },
    preferGetMethod: process.env.METHOD === 'GET' ? 'force' : false,
    exchanges: [
      cacheExchange({
        schema,
        keys,
        resolvers: { Query: { projects: relayPagination() } },
        logger: (severity, message) => severity !== 'debug' && warnings.push(message),
      }),
      subscriptionExchange({ forwardSubscription: ({ query, variables }) => observe(events, query, variables) }),
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
  const { viewer } = await ask('Thing', { id });
  const renamed = await client.mutation(only('Rename'), { id, name: 'By urql' }).toPromise();
  ok(!renamed.error, renamed.error?.message);
  deepStrictEqual(renamed.data.projectUpdate.errors, []);
  equal((await ask('Thing', { id })).node.name, 'By urql');
  equal((await ask('Projects', { first: 20 })).projects.edges[30].node.name, 'By urql');
  deepStrictEqual(sent, { Projects: 3, Thing: 1, Rename: 1 });

  // What somebody else changes is seen as well, also what he changed while the connection was cut.
  let shown;
  const watching = client.query(only('Thing'), { id }).subscribe(({ data }) => (shown = data.node.name));
  const followed = client.subscription(only('Followed'), { id, after: viewer.position }).subscribe(() => {});
  for (const by of ['Others', 'Others, heard', 'Others, unheard']) {
    if (by.endsWith('unheard')) cut();
    await askApart(text, 'Rename', { id, name: `By ${by}` });
    await until(() => shown === `By ${by}`);
  }
  equal((await ask('Projects', { first: 20 })).projects.edges[30].node.name, 'By Others, unheard');
  deepStrictEqual(sent, { Projects: 3, Thing: 1, Rename: 1 });
  followed.unsubscribe();
  watching.unsubscribe();
  deepStrictEqual(warnings, []);

  // What is wrong arrives as it was said.
  const { error } = await client.query(parse('query Wrong { nothing }'), {}).toPromise();
  ok(error.graphQLErrors.length > 0 || error.networkError, 'no error');
  const refused = await new Promise((tell) => client.subscription(only('Followed'), { id: 'project-999' }).subscribe((answer) => answer.error && tell(answer.error)));
  equal((refused.networkError ?? refused.graphQLErrors[0]).code, 'NOT_FOUND');
});
