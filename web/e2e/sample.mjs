// Opens the sample page as a visitor does, changes what it shows, and takes its server away.
//
//   TOKEN=... ADMIN=... GUEST=... NEXT=... node e2e/sample.mjs BASE_URL
//
// TOKEN is that of somebody who may make portfolios, ADMIN that of somebody who may give roles, GUEST that of the subject "guest" with no role but on
// record. A POST to NEXT has another server take over; it answers with its address. CHROMIUM names the browser. Exit code 0: over both transports
// the page showed every change once, whatever was cut, and told the end of the guest's role. 1: what failed, on stderr.
import { deepStrictEqual, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { chromium } from 'playwright-core';

let server = process.argv[2];
const { TOKEN, ADMIN, GUEST, NEXT } = process.env;

async function ask(token, query, variables) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const response = await fetch(`${server}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  const wrong = errors ?? Object.values(data ?? {}).flatMap((payload) => payload?.errors ?? []);
  deepStrictEqual(wrong, []);
  return data;
}

/** The way between browser and server; cut() breaks it, and until mend() nobody comes through. */
async function wayTo() {
  const open = new Set();
  let broken = false;
  const way = createServer((from) => {
    if (broken) return from.destroy();
    const to = connect(new URL(server).port, '127.0.0.1');
    for (const [socket, other] of [[from, to], [to, from]]) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  const cut = () => {
    broken = true;
    for (const socket of open) socket.destroy();
  };
  return { base: `http://127.0.0.1:${way.address().port}`, cut, mend: () => (broken = false) };
}

const way = await wayTo();
const { userCreate } = await ask(ADMIN, 'mutation { userCreate(input: { subject: "guest" }) { user { id } errors { message } } }');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  for (const transport of ['socket', 'events']) await visit(transport);
} catch (error) {
  console.error(error.stack);
  for (const page of browser.contexts().flatMap((context) => context.pages())) console.error(await page.locator('body').innerText());
  process.exitCode = 1;
} finally {
  await browser.close();
}
process.exit();

async function visit(transport) {
  const letIn = async () => {
    const given = await ask(ADMIN, 'mutation ($user: ID!) { roleGrant(input: { userId: $user, role: VIEWER, scopeKind: ORGANISATION }) { roleAssignment { id } errors { message } } }', { user: userCreate.user.id });
    return given.roleGrant.roleAssignment.id;
  };
  const shutOut = () => ask(ADMIN, 'mutation ($id: ID!) { roleRevoke(input: { id: $id }) { number errors { message } } }', { id: role });
  let role = await letIn();
  const { portfolioCreate } = await ask(TOKEN, 'mutation ($code: String!) { portfolioCreate(input: { code: $code, name: $code }) { portfolio { id } errors { message } } }', { code: transport });
  const portfolio = portfolioCreate.portfolio.id;
  const made = []; // numbers of the entries that the page has to show
  const make = async (name) => {
    const { projectCreate } = await ask(TOKEN, 'mutation ($portfolio: ID!, $name: String!) { projectCreate(input: { portfolioId: $portfolio, code: $name, name: $name }) { number errors { message } } }', { portfolio, name });
    made.push(projectCreate.number);
  };

  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  for (const kind of ['request', 'websocket']) page.on(kind, (asked) => [TOKEN, GUEST].some((token) => asked.url().includes(token)) && wrong.push('a token is part of an address'));
  const status = (text) => page.locator('#status', { hasText: text }).waitFor();
  const shows = (name) => page.locator('#projects').getByRole('cell', { name, exact: true }).nth(1).waitFor();
  const counts = (n) => page.locator('#figures div', { hasText: 'Projects' }).getByText(String(n), { exact: true }).waitFor();
  const told = async () => (await page.locator('#changes li').allTextContents()).map((text) => /^\d+/.exec(text)[0]).reverse();
  const complete = async () => {
    await page.waitForFunction((n) => document.querySelectorAll('#changes li').length >= n, made.length);
    deepStrictEqual(await told(), made);
  };

  await page.goto(`${way.base}/graphiql/sample/`);
  await page.locator('#transport').selectOption(transport);
  await page.locator('#token').fill(GUEST);
  await page.getByRole('button', { name: 'Follow' }).click();
  await page.locator('#portfolio option', { hasText: transport }).waitFor({ state: 'attached' });
  await page.locator('#portfolio').selectOption(portfolio);
  await status('Following');
  await counts(0);

  // What happens shows.
  await make('Seen');
  await shows('Seen');
  await counts(1);
  await complete();

  // What happens while the way is cut shows once it is mended, each once.
  way.cut();
  await status('Interrupted');
  for (const name of ['Cut 1', 'Cut 2', 'Cut 3']) await make(name);
  way.mend();
  await shows('Cut 3');
  await counts(4);
  await complete();

  // Another server takes over: by the end of the first.
  server = await (await fetch(NEXT, { method: 'POST' })).text();
  for (const name of ['Next 1', 'Next 2']) await make(name);
  await shows('Next 2');
  await counts(6);
  await complete();
  await status('Following');

  // Whose role is withdrawn is told so, and nothing more.
  await shutOut();
  await status('Ended: FORBIDDEN');
  deepStrictEqual(await page.locator('#token').inputValue(), '');
  await make('Hidden');
  role = await letIn();
  await page.locator('#token').fill(GUEST);
  await page.getByRole('button', { name: 'Follow' }).click();
  await shows('Hidden');
  await counts(7);
  await status('Following');
  deepStrictEqual(await told(), []); // it shows what happened since it asked
  ok(!(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))).includes(GUEST), 'the token was kept');
  deepStrictEqual(wrong, []);
  await shutOut();
  await page.close();
}
