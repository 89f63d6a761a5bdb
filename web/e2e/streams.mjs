// Follows the journal with the clients that others have written: graphql-ws over a WebSocket, graphql-sse over POST.
//
//   TOKEN=... OTHER=... node e2e/streams.mjs BASE_URL
//
// TOKEN is that of somebody who may make portfolios, OTHER that of somebody who holds no role anywhere. Exit code 0: every entry came once
// and in order over both, cut off and gone on with in between; refusals arrived as the clients report them. 1: what failed, on stderr.
import { deepStrictEqual, ok, rejects } from 'node:assert/strict';
import { createClient as createEventClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

const base = process.argv[2];
const FOLLOW = 'subscription ($after: Position) { journalAppended(after: $after) { position number entry { action } } }';
const MAKE = 'mutation ($code: String!) { portfolioCreate(input: { code: $code, name: "Made" }) { number errors { message } } }';
const MISSING = 'subscription { projectChanged(id: "project-999") { removed } }';

/** A client over a WebSocket; cut() breaks its connection. */
function overSocket(token) {
  let socket;
  const client = createSocketClient({
    url: `${base.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: { opened: (opened) => (socket = opened) },
  });
  return { client, cut: () => socket.terminate() };
}

/** A client of event streams; cut() breaks its connections. */
function overEvents(token) {
  const client = createEventClient({
    url: `${base}/graphql`,
    headers: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  return { client, cut: () => client.dispose() };
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

for (const [name, connect] of Object.entries({ 'graphql-ws': overSocket, 'graphql-sse': overEvents })) {
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
