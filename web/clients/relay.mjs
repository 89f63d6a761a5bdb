// Compiles a Relay application's operations against the schema, then runs them with Relay's store against a server that has 45 projects.
//
//   TOKEN=... SCHEMA=... node clients/relay.mjs BASE_URL
import { deepStrictEqual, equal } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildSchema, printSchema } from 'graphql';
import relay from 'relay-runtime';
import { check, counting, endpoint, headers } from './expect.mjs';

const { commitMutation, createOperationDescriptor, Environment, fetchQuery, getRequest, Network, RecordSource, Store } = relay;
const { sent, fetch } = counting();
const require = createRequire(import.meta.url);

/** Compiles the operations in a directory of their own; gives what was made of each, by its name. */
async function compile(dir) {
  await cp(new URL('relay', import.meta.url), join(dir, 'src'), { recursive: true });
  await symlink(resolve(dirname(require.resolve('relay-runtime')), '..'), join(dir, 'node_modules'));
  // Extensions are merged and weights left out: the compiler takes what introspection would show.
  await writeFile(join(dir, 'schema.graphql'), printSchema(buildSchema(await readFile(process.env.SCHEMA, 'utf8'))));
  await writeFile(join(dir, 'package.json'), '{}');
  await writeFile(join(dir, 'relay.config.json'), JSON.stringify({ src: './src', schema: './schema.graphql', language: 'javascript', artifactDirectory: './made', eagerEsModules: false }));
  await mkdir(join(dir, 'made'));
  const done = spawnSync(require('relay-compiler'), ['relay.config.json'], { cwd: dir, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`relay-compiler: ${done.stdout}${done.stderr}${done.error ?? ''}`);
  return (name) => require(join(dir, 'made', `${name}.graphql.js`));
}

const dir = await mkdtemp(join(tmpdir(), 'relay-'));
await check('Relay', async () => {
  try {
    const made = await compile(dir);
    const environment = new Environment({
      store: new Store(new RecordSource()),
      network: Network.create(async ({ text, name }, variables) => {
        const body = JSON.stringify({ query: text, operationName: name, variables });
        const response = await fetch(endpoint, { method: 'POST', headers: { ...headers, 'content-type': 'application/json', accept: 'application/graphql-response+json' }, body });
        return response.json();
      }),
    });
    const ask = async (name, variables = {}) => {
      environment.retain(createOperationDescriptor(getRequest(made(name)), variables));
      return fetchQuery(environment, made(name), variables).toPromise();
    };
    const look = (fragment, id, variables = {}) =>
      environment.lookup({ kind: 'SingularReaderSelector', dataID: id, isWithinUnmatchedTypeRefinement: false, clientEdgeTraversalPath: null, node: made(fragment), owner: createOperationDescriptor(getRequest(made('operationsProjectsQuery')), {}).request, variables }).data;

    // The first page, then the others by the query that the compiler made.
    await ask('operationsProjectsQuery');
    const list = () => look('operations_projects', 'client:root', { count: 20, cursor: null }).projects;
    equal(list().edges.length, 20);
    while (list().pageInfo.hasNextPage) await ask('operationsProjectsPageQuery', { count: 20, cursor: list().pageInfo.endCursor });
    equal(list().edges.length, 45);
    equal(list().totalCount, 45);
    equal(new Set(list().edges.map(({ node }) => node.id)).size, 45);

    // A thing is fetched again by its identifier, and a change is seen where it is shown.
    const { id } = list().edges[30].node;
    await ask('operationsProjectQuery', { id });
    await ask('operationsMilestonesPageQuery', { id, count: 10 });
    await ask('operationsJournalPageQuery', { count: 10 });
    const { projectUpdate } = await new Promise((onCompleted, onError) => commitMutation(environment, { mutation: made('operationsRenameMutation'), variables: { id, name: 'By Relay' }, onCompleted, onError }));
    deepStrictEqual(projectUpdate.errors, []);
    equal(look('operations_project', id).name, 'By Relay');
    deepStrictEqual(sent, { operationsProjectsQuery: 1, operationsProjectsPageQuery: 2, operationsProjectQuery: 1, operationsMilestonesPageQuery: 1, operationsJournalPageQuery: 1, operationsRenameMutation: 1 });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
