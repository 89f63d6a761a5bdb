// Follows the journal and a project with the clients that others have written: graphql-ws over a WebSocket, graphql-sse over POST, and fetch.
//
//   TOKEN=... OTHER=... node e2e/streams.mjs BASE_URL
//
// TOKEN is that of somebody who may make portfolios, OTHER that of somebody who holds no role anywhere. Exit code 0: every entry came once
// and in order over both, cut off and gone on with in between; refusals arrived as the clients report them. 1: what failed, on stderr.
import { deepStrictEqual, ok, rejects } from 'node:assert/strict';
import { Ended, follow, overEvents, overSocket } from '../clients/connections.mjs';
import { endpoint } from '../clients/expect.mjs';

const FOLLOW = 'subscription ($after: Position) { journalAppended(after: $after) { position number reset entry { action } } }';
const MAKE = 'mutation ($code: String!) { portfolioCreate(input: { code: $code, name: "Made" }) { number errors { message } } }';
const MISSING = 'subscription { projectChanged(id: "project-999") { removed } }';

/** Goes on by the header that carries the id of the last event, as the event streams of browsers do. */
function byHeader(token) {
  let last = '';
  const { client, cut } = overEvents(token, () => (last ? { 'Last-Event-ID': last } : {}));
  return { client: naming(client, (after) => (last = after)), cut };
}

/** No package at all: fetch, and the lines of the stream. */
function byHand(token) {
  let last = '';
  let knife = new AbortController();
  async function* iterate(request) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) };
    const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(request), signal: knife.signal });
    if (!response.ok) throw Object.assign(new Error(response.statusText), { response });
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body) {
      const events = (text += decoder.decode(part, { stream: true })).split('\n\n');
      text = events.pop();
      for (const event of events) {
        const { event: kind, id, data } = Object.fromEntries(event.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
        if (kind === 'complete') return;
        if (kind !== 'next') continue; // a comment
        const answer = JSON.parse(data);
        if (answer.data?.journalAppended) deepStrictEqual(id, answer.data.journalAppended.position);
        yield answer;
      }
    }
  }
  const cut = () => {
    knife.abort();
    knife = new AbortController();
  };
  return { client: naming({ iterate, dispose: () => cut() }, (after) => (last = after)), cut };
}

/** Takes the place to go on from out of the variables. */
function naming(client, remember) {
  const iterate = (request) => {
    const { after, ...variables } = request.variables ?? {};
    remember(after ?? '');
    return client.iterate({ ...request, variables });
  };
  return { iterate, dispose: () => client.dispose() };
}

/** The answer of an operation that has one. */
async function once(client, query, variables) {
  for await (const answer of client.iterate({ query, variables })) {
    ok(!answer.errors, JSON.stringify(answer.errors));
    return answer.data;
  }
}

let made = 0;

/** Makes portfolios; returns their journal numbers. */
async function make(client, n) {
  const numbers = [];
  for (let i = 0; i < n; i++) {
    const { portfolioCreate } = await once(client, MAKE, { code: `S${made++}` });
    deepStrictEqual(portfolioCreate.errors, []);
    numbers.push(portfolioCreate.number);
  }
  return numbers;
}

/** Takes a number of events after a position, then breaks the connection. */
async function take(connect, after, n) {
  const { client, cut } = connect(process.env.TOKEN);
  const events = [];
  try {
    for await (const { data, errors } of client.iterate({ query: FOLLOW, variables: { after } })) {
      ok(!errors, JSON.stringify(errors));
      events.push(data.journalAppended);
      if (events.length === n) cut();
      if (events.length >= n) break;
    }
  } catch (error) {
    if (events.length < n) throw error;
  }
  return events;
}

for (const [name, connect] of Object.entries({ 'graphql-ws': overSocket, 'graphql-sse': overEvents, 'graphql-sse by Last-Event-ID': byHeader, 'fetch by Last-Event-ID': byHand })) {
  try {
    const { client: writer } = connect(process.env.TOKEN);
    const { viewer } = await once(writer, '{ viewer { position } }');
    let after = viewer.position;
    const got = [];
    const want = await make(writer, 12);
    for (const n of [1, 4, 2, 5]) {
      const events = await take(connect, after, n);
      got.push(...events.map((event) => event.number));
      after = events.at(-1).position;
    }
    deepStrictEqual(got, want);
    const [live, [number]] = await Promise.all([take(connect, after, 1), make(writer, 1)]);
    deepStrictEqual(live[0].number, number);
    await keepsOn(connect, writer);
    await followsProject(connect, writer);
    await refused(connect(process.env.TOKEN), MISSING, 'NOT_FOUND');
    await refused(connect(process.env.OTHER), FOLLOW, 'FORBIDDEN');
    await rejects(once(connect('nonsense').client, FOLLOW), (error) => error.code === 4403 || error.response?.status === 401);
    await writer.dispose();
  } catch (error) {
    console.error(`${name}: ${error.stack ?? JSON.stringify(error)}`);
    process.exit(1);
  }
}
process.exit(0);

/** Follows by the sample's module, which goes on by itself however often it is cut. */
async function keepsOn(connect, writer) {
  const { client, cut } = connect(process.env.TOKEN);
  const { viewer } = await once(writer, '{ viewer { position } }');
  const ending = new AbortController();
  const got = [];
  const following = (async () => {
    for await (const { data } of follow(client, FOLLOW, {}, { after: viewer.position, signal: ending.signal })) {
      got.push(data.journalAppended.number);
      if (got.length % 3 === 0) cut();
      if (got.length === 10) ending.abort();
    }
  })();
  const want = await make(writer, 10);
  await following;
  deepStrictEqual(got, want);
  for await (const { data } of follow(connect(process.env.TOKEN).client, FOLLOW, {}, { after: '1.0123456789abcdef', signal: AbortSignal.timeout(60_000) })) {
    const { reset, entry, number } = data.journalAppended;
    deepStrictEqual([reset, entry, number], [true, null, want.at(-1)]); // of another record: what was kept is to be read again
    break;
  }
  const lost = follow(connect('nonsense').client, FOLLOW, {}, { after: null, signal: new AbortController().signal });
  await rejects(lost.next(), (error) => error instanceof Ended && error.code === 'UNAUTHENTICATED');
}

/** Follows a project: the state of now first, then what changed while nobody listened. */
async function followsProject(connect, writer) {
  const { portfolioCreate } = await once(writer, 'mutation ($code: String!) { portfolioCreate(input: { code: $code, name: "For one" }) { portfolio { id } } }', { code: `S${made++}` });
  const { projectCreate } = await once(writer, 'mutation ($portfolio: ID!) { projectCreate(input: { portfolioId: $portfolio, code: "P", name: "Made" }) { project { id } position } }', { portfolio: portfolioCreate.portfolio.id });
  const { id } = projectCreate.project;
  const rename = (name) => once(writer, 'mutation ($id: ID!, $name: String!) { projectUpdate(input: { id: $id, patch: { name: $name } }) { number errors { message } } }', { id, name });
  const changed = 'subscription ($id: ID!, $after: Position) { projectChanged(id: $id, after: $after) { position reset project { name } changes { fields { name new } } } }';
  const { client, cut } = connect(process.env.TOKEN);
  const ending = new AbortController();
  const seen = [];
  for await (const { data } of follow(client, changed, { id }, { after: projectCreate.position, signal: ending.signal })) {
    const { project, changes, reset } = data.projectChanged;
    seen.push([project.name, reset, changes.flatMap(({ fields }) => fields).filter(({ name }) => name === 'name').map((field) => field.new)]);
    if (seen.length === 1) await rename('Heard');
    if (seen.length === 2) {
      cut();
      for (const name of ['Unheard', 'Latest']) await rename(name);
    }
    if (seen.length === 3) ending.abort();
  }
  deepStrictEqual(seen, [['Made', false, []], ['Heard', false, ['Heard']], ['Latest', false, ['Unheard', 'Latest']]]);
}

/** Expects a subscription to be refused with a code: by graphql-ws as an error, by graphql-sse as its last answer. */
async function refused({ client }, query, code) {
  let errors;
  try {
    for await (const answer of client.iterate({ query })) errors = answer.errors;
  } catch (error) {
    errors = error;
  }
  deepStrictEqual(errors?.[0]?.extensions?.code, code);
  await client.dispose();
}
