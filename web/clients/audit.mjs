// Runs the official audits of GraphQL over HTTP against a server.
//
//   TOKEN=... node clients/audit.mjs BASE_URL
//
// Exit code 0: every MUST and every SHOULD holds. 1: which do not, on stderr. What MAY be is counted.
import { serverAudits } from 'graphql-http';

const audits = serverAudits({
  url: `${process.argv[2]}/graphql`,
  fetchFn: (url, options = {}) => fetch(url, { ...options, headers: { ...options.headers, authorization: `Bearer ${process.env.TOKEN}` } }),
});
const counts = {};
let failed = 0;
for (const audit of audits) {
  const [level] = audit.name.match(/^(MUST|SHOULD|MAY)( NOT)?/) ?? ['?'];
  const result = await audit.fn();
  const count = (counts[level] ??= { passed: 0, of: 0 });
  count.of++;
  if (result.status === 'ok') {
    count.passed++;
    continue;
  }
  console.error(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
  if (!level.startsWith('MAY')) failed++;
}
console.log(Object.entries(counts).map(([level, { passed, of }]) => `${level}: ${passed} of ${of}`).join(', '));
process.exit(failed === 0 && audits.length > 0 ? 0 : 1);
