// What the sample's module makes of each way a stream may end; no server is asked.
//
//   node clients/resume.mjs http://any
import { deepStrictEqual, ok, rejects } from 'node:assert/strict';
import { Ended, follow, overEvents } from './connections.mjs';
import { check } from './expect.mjs';

const later = globalThis.setTimeout;
globalThis.setTimeout = (run) => later(run); // waits are told, and not waited for

const refused = (code, more) => [{ message: 'told so', extensions: { code, ...more } }];
const event = (position) => ({ data: { e: { position, reset: false } } });

/** Follows streams that are played one after the other: what each tells, then how it ends. Gives what was asked, told and waited for. */
async function play(...streams) {
  const ending = new AbortController();
  const seen = { after: [], told: [], waits: [] };
  const client = {
    async *iterate({ variables }) {
      seen.after.push(variables.after);
      const { tells = [], ends } = streams.shift();
      yield* tells;
      if (ends) throw ends;
    },
  };
  const waiting = (why, wait) => {
    seen.waits.push([why.code, wait]);
    if (streams.length === 0) ending.abort();
  };
  for await (const answer of follow(client, '', {}, { after: '1.a', signal: ending.signal, waiting })) seen.told.push(answer);
  return seen;
}

await check('resume', async () => {
  // However it breaks, it goes on after the last event that was dealt with.
  for (const ends of [new Error('cut'), { code: 1006, reason: '' }, { code: 1013, reason: 'try again later' }, { response: new Response('bad gateway', { status: 502 }) }, undefined]) {
    const { after, waits } = await play({ tells: [event('2.b'), event('3.c')], ends }, { ends });
    deepStrictEqual(after, ['1.a', '3.c']);
    ok(waits.every(([code, wait], i) => code === 'UNAVAILABLE' && wait <= 1000 * 2 ** i), JSON.stringify(waits));
  }

  // A server that stops says where to go on, and when: by the protocol of either transport.
  const stops = refused('UNAVAILABLE', { position: '9.z', retryAfter: 3 });
  for (const stream of [{ ends: stops }, { tells: [{ errors: stops }] }]) {
    const { after, waits, told } = await play(stream, { ends: new Error('cut') });
    deepStrictEqual([after, told], [['1.a', '9.z'], []]);
    ok(waits[0][1] >= 3000 && waits[0][1] <= 4000, JSON.stringify(waits));
  }
  const { waits } = await play({ ends: { response: new Response(JSON.stringify({ errors: refused('OVERLOADED', { retryAfter: 7 }) }), { status: 503 }) } });
  ok(waits[0][1] >= 7000, JSON.stringify(waits));

  // Where repeating does not help it ends, and says where one with another token may go on.
  for (const [ends, code] of [[{ code: 4403, reason: 'no' }, 'UNAUTHENTICATED'], [{ code: 4400, reason: 'no' }, 'BAD_REQUEST'], [refused('FORBIDDEN'), 'FORBIDDEN'], [{ response: new Response('', { status: 401 }) }, 'UNAUTHENTICATED']]) {
    await rejects(play({ tells: [event('2.b')], ends }), (why) => why instanceof Ended && why.code === code && why.position === '2.b');
  }

  // An event that could not be worked out is told, and is no end.
  const broken = { data: null, errors: refused('INTERNAL') };
  const { told, after } = await play({ tells: [broken, event('2.b')], ends: new Error('cut') });
  deepStrictEqual([told, after], [[broken, event('2.b')], ['1.a']]);

  // No server at all is waited for, by the package that is used.
  const ending = new AbortController();
  const away = follow(overEvents('token').client, '', {}, { after: null, signal: ending.signal, waiting: () => ending.abort() });
  deepStrictEqual(await away.next(), { done: true, value: undefined });
});
