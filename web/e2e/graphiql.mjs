// Opens GraphiQL as a visitor does and asks the first ready query.
//
//   node e2e/graphiql.mjs BASE_URL [SCREENSHOT.png]
//
// BASE_URL is the server's address without a path. CHROMIUM names the browser (default /usr/bin/chromium);
// TOKEN is pasted where the page offers no tokens to choose from. Exit code 0: the answer came, nothing left
// the server's origin, and the browser had nothing to complain about. 1: what failed, on stderr.
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';

const [base, screenshot] = process.argv.slice(2);
if (!base) {
  console.error('usage: node e2e/graphiql.mjs BASE_URL [SCREENSHOT.png]');
  process.exit(1);
}
const origin = new URL(base).origin;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  console.error(`${executablePath}: no such browser; install chromium or set CHROMIUM to its path`);
  process.exit(1);
}

const complaints = [];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  watch(page);
  await visit(page);
} catch (error) {
  complaints.push(error.message);
} finally {
  await browser.close();
}
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length > 0 ? 1 : 0);

/** Collects whatever a strict visitor would object to. Violations of the content policy come as console errors. */
function watch(page) {
  page.setDefaultTimeout(20_000);
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) complaints.push(`request to another origin: ${url}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`));
}

async function visit(page) {
  await page.goto(new URL('/graphiql/', base).href);
  const queries = page.getByRole('navigation', { name: 'Ready queries' }).getByRole('button');
  await queries.first().and(page.locator(':enabled')).waitFor();

  const config = await (await page.request.get(new URL('/graphiql/config.json', base).href)).json();
  const token = await chooseToken(page, config.tokens);
  await queries.first().click();
  const answered = page.waitForResponse((response) => isAnswer(response.request()));
  await page.getByRole('button', { name: /execute query/i }).click();
  await check(await answered, token, config.queries[0]);
  await page.locator('.graphiql-response .view-lines').getByText('"data"').first().waitFor();

  await page.getByRole('button', { name: /show documentation explorer/i }).click();
  await page.locator('.graphiql-doc-explorer').getByText('query', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: /hide documentation explorer/i }).click();

  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  if (kept.includes(token)) complaints.push('the token was written to localStorage');
  if (page.url().includes(token)) complaints.push('the token is part of the address');
  if (screenshot) await page.screenshot({ path: screenshot });
}

/** Chooses the last of the demo's tokens, or pastes TOKEN; returns the token in use. */
async function chooseToken(page, tokens) {
  if (tokens.length > 0) {
    await page.getByLabel('Ask as').selectOption({ index: tokens.length - 1 });
    return tokens.at(-1).token;
  }
  if (!process.env.TOKEN) throw new Error('the page offers no tokens: set TOKEN to one that pmo token printed');
  await page.getByLabel('Token').fill(process.env.TOKEN);
  await page.getByRole('button', { name: 'Use' }).click();
  return process.env.TOKEN;
}

/** True for the visitor's own request, not for GraphiQL's reading of the schema. */
function isAnswer(request) {
  return request.method() === 'POST' && !request.postData()?.includes('__schema');
}

async function check(response, token, query) {
  const sent = response.request().postDataJSON();
  if (sent.query.trim() !== query.query.trim()) complaints.push(`another query was sent: ${sent.query}`);
  if (!isDeepStrictEqual(sent.variables ?? {}, query.variables ?? {})) {
    complaints.push(`other variables were sent: ${JSON.stringify(sent.variables)}`);
  }
  if (response.request().headers().authorization !== `Bearer ${token}`) complaints.push('the chosen token was not sent');
  const { data, errors } = await response.json();
  if (!data || errors) throw new Error(`the first ready query failed with status ${response.status()}: ${JSON.stringify(errors)}`);
}
