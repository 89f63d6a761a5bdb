// Opens GraphiQL as a visitor does and follows the journal there.
//
//   TOKEN=... node e2e/subscribe.mjs BASE_URL
//
// TOKEN is that of somebody who may make portfolios. CHROMIUM names the browser. Exit code 0: an entry made meanwhile appeared on the page.
// 1: what failed, on stderr.
import { chromium } from 'playwright-core';

const base = process.argv[2];
const token = process.env.TOKEN;
const MAKE = 'mutation { portfolioCreate(input: { code: "PAGE", name: "Page" }) { number } }';

async function ask(query) {
  const response = await fetch(new URL('/graphql', base), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return (await response.json()).data;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const complaints = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('websocket', (socket) => socket.url().includes(token) && complaints.push('the token is part of an address'));
  await page.addInitScript((stored) => sessionStorage.setItem('pmograph.token', stored), token);
  await page.goto(new URL('/graphiql/', base).href);
  await page.locator('.graphiql-query-editor .view-lines').waitFor();
  await page.locator('.graphiql-query-editor .view-lines').click();
  const { viewer } = await ask('{ viewer { position } }');
  await page.keyboard.insertText(`subscription { journalAppended(after: "${viewer.position}") { entry { action } } }`);
  const opened = page.waitForEvent('websocket');
  await page.getByRole('button', { name: /execute query/i }).click();
  await opened;
  await ask(MAKE);
  await page.locator('.graphiql-response .view-lines').getByText('portfolioCreate').first().waitFor();
} catch (error) {
  complaints.push(error.message);
} finally {
  await browser.close();
}
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length > 0 ? 1 : 0);
