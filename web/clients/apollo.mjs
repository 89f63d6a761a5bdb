// Runs Apollo Client with its normalised cache against a server that has 45 projects.
//
//   TOKEN=... SCHEMA=... EVENTS=ws|sse node clients/apollo.mjs BASE_URL
import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, NetworkStatus } from '@apollo/client/core';
import { relayStylePagination } from '@apollo/client/utilities';
import { buildSchema, isInterfaceType, OperationTypeNode, print } from 'graphql';
import { Observable } from 'rxjs';
import { connection, observe } from './connections.mjs';
import { ask, check, counting, endpoint, headers, until } from './expect.mjs';

const { sent, fetch } = counting();
const text = await readFile(new URL('operations.graphql', import.meta.url), 'utf8');
const document = gql(text);
const only = (name) => ({
  ...document,
  definitions: document.definitions.filter((d) => d.kind === 'FragmentDefinition' || d.name.value === name),
});

/** Which types implement which interfaces, as the cache wants to know. */
async function possibleTypes() {
  const schema = buildSchema(await readFile(process.env.SCHEMA, 'utf8'));
  const abstract = Object.values(schema.getTypeMap()).filter(isInterfaceType);
  return Object.fromEntries(abstract.map((type) => [type.name, schema.getPossibleTypes(type).map((t) => t.name)]));
}

await check('Apollo Client', async () => {
  const { client: events, cut } = connection();
  const following = new ApolloLink(({ query, variables }) => new Observable((sink) => {
    const followed = observe(events, print(query), variables).subscribe(sink);
    return () => followed.unsubscribe();
  }));
  const client = new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, following, new HttpLink({ uri: endpoint, headers, fetch })),
    cache: new InMemoryCache({
      possibleTypes: await possibleTypes(),
      typePolicies: { Query: { fields: { projects: relayStylePagination(['order', 'filter']) } } },
    }),
  });

  // Pages grow one list.
  const list = client.watchQuery({ query: only('Projects'), variables: { first: 20 } });
  const watching = list.subscribe(() => {});
  const shown = async () => {
    do await setTimeout(1); // what is watched is told a moment after the cache
    while (list.getCurrentResult().networkStatus !== NetworkStatus.ready);
    return list.getCurrentResult().data.projects;
  };
  let all = await shown();
  for (let pages = 1; all.pageInfo.hasNextPage && pages < 5; pages++) {
    await list.fetchMore({ variables: { first: 20, after: all.pageInfo.endCursor } });
    all = await shown();
  }
  equal(all.edges.length, 45);
  equal(all.totalCount, 45);
  equal(new Set(all.edges.map(({ node }) => node.id)).size, 45);
  deepStrictEqual(all.edges.map(({ node }) => node.code), [...all.edges.map(({ node }) => node.code)].sort());
  equal(sent.Projects, 3);

  // What is known is not asked again; what is one thing in the record is one in the cache.
  await client.query({ query: only('Projects'), variables: { first: 20 } });
  equal(sent.Projects, 3);
  const { id, name } = all.edges[30].node;
  const thing = await client.query({ query: only('Thing'), variables: { id } });
  equal(thing.data.node.name, name);

  // A change is seen wherever the thing is shown, without asking again.
  const renamed = await client.mutate({ mutation: only('Rename'), variables: { id, name: 'By Apollo' } });
  deepStrictEqual(renamed.data.projectUpdate.errors, []);
  equal((await shown()).edges[30].node.name, 'By Apollo');
  equal((await client.query({ query: only('Thing'), variables: { id } })).data.node.name, 'By Apollo');
  deepStrictEqual(sent, { Projects: 3, Thing: 1, Rename: 1 });

  // What somebody else changes is seen as well, also what he changed while the connection was cut.
  const { position } = thing.data.viewer;
  const heard = [];
  const follow = client.subscribe({ query: only('Followed'), variables: { id, after: position } });
  const followed = follow.subscribe(({ data }) => heard.push(data.projectChanged.project.name));
  for (const by of ['Others', 'Others, heard', 'Others, unheard']) {
    if (by.endsWith('unheard')) cut();
    await ask(text, 'Rename', { id, name: `By ${by}` });
    await until(() => list.getCurrentResult().data.projects.edges[30].node.name === `By ${by}`);
  }
  equal(heard.at(-1), 'By Others, unheard');
  equal((await client.query({ query: only('Thing'), variables: { id } })).data.node.name, 'By Others, unheard');
  deepStrictEqual(sent, { Projects: 3, Thing: 1, Rename: 1 });
  followed.unsubscribe();

  // What is wrong arrives as it was said.
  const missing = await client.query({ query: gql`query Wrong { nothing }`, errorPolicy: 'all' });
  equal(missing.error.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  ok(missing.error.errors[0].extensions.requestId);
  const refused = await new Promise((tell) => client.subscribe({ query: only('Followed'), variables: { id: 'project-999' } }).subscribe({ next: ({ error }) => error && tell(error), error: tell }));
  equal(refused.code, 'NOT_FOUND');
  watching.unsubscribe();
  client.stop();
});
