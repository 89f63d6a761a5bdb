// What the checks of clients have in common.
import { setTimeout } from 'node:timers/promises';

/** The address of the API, and whose token asks. */
export const endpoint = `${process.argv[2]}/graphql`;
export const headers = { authorization: `Bearer ${process.env.TOKEN}` };

/** A fetch that counts the requests that left, by the name of their operation. */
export function counting() {
  const sent = {};
  const countingFetch = (url, options) => {
    const body = options?.body ? JSON.parse(options.body) : Object.fromEntries(new URL(url).searchParams);
    const name = body.operationName ?? /(?:query|mutation|subscription)\s+(\w+)/.exec(body.query ?? '')?.[1] ?? '?';
    sent[name] = (sent[name] ?? 0) + 1;
    return fetch(url, options);
  };
  return { sent, fetch: countingFetch };
}

/** Asks an operation of a document past every client, as somebody else would. */
export async function ask(query, operationName, variables) {
  const body = JSON.stringify({ query, operationName, variables });
  const { errors } = await (await fetch(endpoint, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })).json();
  if (errors) throw new Error(JSON.stringify(errors));
}

/** Waits until something holds. */
export async function until(holds) {
  for (let waited = 0; !holds(); waited++) {
    if (waited > 3000) throw new Error(`never came: ${holds}`);
    await setTimeout(10);
  }
}

/** Runs a check; exit code 0 if it holds, else 1 with the reason on stderr. */
export async function check(name, run) {
  try {
    await run();
    process.exit(0);
  } catch (error) {
    console.error(`${name}: ${error.stack ?? JSON.stringify(error)}`);
    process.exit(1);
  }
}
