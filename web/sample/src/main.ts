// A page that shows a portfolio and keeps showing it as it is: ask once, then follow from the position of that answer.
import CHANGES from './changes.graphql?raw';
import { overEvents, overSocket } from './clients';
import FIGURES from './figures.graphql?raw';
import PORTFOLIO from './portfolio.graphql?raw';
import PORTFOLIOS from './portfolios.graphql?raw';
import { Ended, follow, insist, type Answer, type Client, type LiveEvent } from './resume';

// On the server this page comes from. Of another one the whole address, and that one is started with --cors-origin and this page's origin.
const API = new URL('/graphql', location.href).href;

interface Figure { value: string | null; currency?: string; unit?: string; reason: string | null }
interface Moment extends LiveEvent { number: string }
interface Figures extends Moment {
  rollup: { projects: { total: Figure; byHealth: { health: string; count: Figure }[] }; cost: { wholeLife: Figure }; milestones: { worstSlip: Figure } } | null;
}
interface Changes extends Moment {
  at: string;
  entry: { action: string; actor: { name: string | null; subject: string | null } | null; changes: { id: string; operation: string }[]; moreChanges: number } | null;
}
interface Portfolio {
  viewer: { position: string; number: string };
  portfolio: { name: string; projects: { totalCount: number; nodes: Record<'id' | 'code' | 'name' | 'lifecycle' | 'health' | 'confidence', string | null>[] } } | null;
}

const find = <E extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as E;
const [token, transport, portfolio] = [find<HTMLInputElement>('token'), find<HTMLSelectElement>('transport'), find<HTMLSelectElement>('portfolio')];
const tell = (text: string) => void (find('status').textContent = text);

let page = new AbortController(); // ends what the page follows

find('access').addEventListener('submit', (event) => {
  event.preventDefault();
  void start(choose);
});
transport.addEventListener('change', () => void start(show));
portfolio.addEventListener('change', () => void start(show));

/** Ends what is followed, and does something else until that ends. */
async function start(work: (client: Client, signal: AbortSignal) => Promise<void>) {
  page.abort();
  const own = (page = new AbortController());
  try {
    const connect = transport.value === 'events' ? overEvents : overSocket;
    await work(connect({ url: API, token: () => token.value, connected: () => tell('Following.') }), own.signal);
  } catch (error) {
    if (own.signal.aborted) return;
    own.abort();
    const code = error instanceof Ended ? error.code : '';
    if (['UNAUTHENTICATED', 'FORBIDDEN'].includes(code)) token.value = ''; // what is shown stays, but nobody follows it
    tell(`Ended: ${code} ${(error as Error).message}. ${token.value ? '' : 'Paste another token.'}`);
  }
}

const waiting = (why: Ended, wait: number) => tell(`Interrupted (${why.message}): going on in ${Math.ceil(wait / 1000)} s.`);

/** Asks a question; while the server is away, again. */
function ask<D>(query: string, variables: Record<string, unknown>, signal: AbortSignal): Promise<D> {
  return insist(async () => {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', Authorization: `Bearer ${token.value}` };
    const response = await fetch(API, { method: 'POST', headers, body: JSON.stringify({ query, variables }), signal });
    if (!response.ok) throw { response };
    const { data, errors } = (await response.json()) as Answer<D>;
    if (errors || !data) throw errors;
    return data;
  }, { signal, waiting });
}

async function choose(client: Client, signal: AbortSignal) {
  const { portfolios } = await ask<{ portfolios: { nodes: { id: string; name: string }[] } }>(PORTFOLIOS, {}, signal);
  const chosen = portfolio.value;
  portfolio.replaceChildren(...portfolios.nodes.map(({ id, name }) => new Option(name, id, false, id === chosen)));
  await show(client, signal);
}

async function show(client: Client, signal: AbortSignal) {
  const id = portfolio.value;
  if (!id) return tell(token.value ? 'You see no portfolio.' : 'Paste a token.');
  let shown: Portfolio['viewer'] = { position: '', number: '-1' };
  find('changes').replaceChildren();

  /** Reads the projects, unless what is shown is as new as an event. A server that is behind waits until it knows the event's position. */
  async function read(event?: Moment) {
    if (event && !event.reset && Number(event.number) <= Number(shown.number)) return;
    const answer = await ask<Portfolio>(PORTFOLIO, { id, knownAt: event && { atLeast: event.position } }, signal);
    shown = answer.viewer;
    showProjects(answer.portfolio);
  }

  await read();
  const { position: after } = shown;
  await Promise.all([figures(), changes()]);

  async function figures() {
    for await (const { data } of follow<{ rollupChanged: Figures }>(client, FIGURES, { node: id }, { after, signal, waiting })) {
      if (!data) continue;
      showFigures(data.rollupChanged);
      await read(data.rollupChanged); // a project that you may not see any more leaves no entry that you see, but the figures change
    }
  }

  async function changes() {
    for await (const { data } of follow<{ journalAppended: Changes }>(client, CHANGES, { scope: id }, { after, signal, waiting })) {
      if (!data) continue;
      await read(data.journalAppended);
      showChange(data.journalAppended);
    }
  }
}

function element(name: string, text: string | null, ...children: Node[]): HTMLElement {
  const made = document.createElement(name);
  made.append(text ?? '–', ...children);
  return made;
}

const names = new Map<string | null, string | null>(); // of projects that were shown, by identifier

function showProjects(found: Portfolio['portfolio']) {
  for (const { id, name } of found?.projects.nodes ?? []) names.set(id, name);
  find('caption').textContent = found ? `${found.projects.totalCount} projects of ${found.name}` : 'It is gone, or you may not see it.';
  const rows = found?.projects.nodes.map((p) => element('tr', '', ...[p.code, p.name, p.lifecycle, p.health, p.confidence].map((text) => element('td', text))));
  find('projects').replaceChildren(...(rows ?? []));
}

function showFigures({ rollup }: Figures) {
  const figure = (name: string, { value, currency, unit, reason }: Figure) =>
    element('div', '', element('dt', name), element('dd', value === null ? reason : [value, currency ?? unit].filter(Boolean).join(' ')));
  find('figures').replaceChildren(...(rollup ? [
    figure('Projects', rollup.projects.total),
    ...rollup.projects.byHealth.map(({ health, count }) => figure(health, count)),
    figure('Whole-life cost', rollup.cost.wholeLife),
    figure('Worst slip', rollup.milestones.worstSlip),
  ] : []));
}

function showChange({ number, at, entry }: Changes) {
  const changed = entry?.changes.map(({ id, operation }) => `${names.get(id) ?? id} ${operation.toLowerCase()}`).join(', ');
  const text = entry ? `${number} · ${at} · ${entry.actor?.name ?? entry.actor?.subject ?? ''} ${entry.action}: ${changed}${entry.moreChanges ? ` and ${entry.moreChanges} more` : ''}`
    : `${number}: the server does not know what was shown last; everything was read again.`;
  find('changes').prepend(element('li', text));
  while (find('changes').childElementCount > 20) find('changes').lastElementChild?.remove();
}
