// Reads the feed with an OData client of others. What the server selects, filters, orders, counts, groups and adds up is held against the same done here to rows that were read whole.
//   node clients/odata.mjs URL, with a TOKEN that may change milestones
import assert from 'node:assert/strict';
import { EdmV4, OData } from '@odata/client';
import { ask, check } from './expect.mjs';

const service = `${process.argv[2]}/odata/v4/`;
const client = (prefer) =>
  OData.New4({
    serviceEndpoint: service,
    credential: { username: 'anybody', password: process.env.TOKEN },
    commonHeaders: { 'OData-MaxVersion': '4.0', Accept: 'application/json;IEEE754Compatible=true', Prefer: prefer },
  });
const feed = client('odata.maxpagesize=100,odata.continue-on-error');
const options = () => OData.newOptions();
const day = (text) => EdmV4.RawString.from(text);

/** Follows an answer's links to its end. */
async function follow(odata, collection, params) {
  const rows = [];
  let count;
  for (let pages = 1; ; pages++) {
    const page = await odata.newRequest({ collection, params });
    assert.ok(Array.isArray(page.value), JSON.stringify(page));
    rows.push(...page.value);
    count ??= page['@odata.count']; // of all rows, on the first page
    const next = page['@odata.nextLink'];
    if (!next) return { rows, pages, count, delta: page['@odata.deltaLink'] };
    [collection, params] = [within(next), undefined];
  }
}

/** The part of a link behind the service's address, where the client looks for a collection. */
function within(link) {
  assert.ok(link.startsWith(service), link);
  return link.slice(service.length);
}

/** A decimal in hundredths, exactly. */
function hundredths(text) {
  assert.match(text, /^-?\d+\.\d\d$/);
  return BigInt(text.replace('.', ''));
}

const pick = (row, ...names) => Object.fromEntries(names.map((name) => [name, row[name]]));
const among = (rows) => new Map(rows.map((row) => [row.Id, row]));

async function described() {
  const { value } = await feed.newRequest({ collection: '' });
  for (const { name, kind, url } of value) {
    assert.deepEqual([kind, url], ['EntitySet', name]);
    assert.match(await feed.newRequest({ collection: '$metadata' }), new RegExp(`<EntitySet Name="${name}" `));
  }
  return value.length;
}

async function pages() {
  const { rows, pages, count } = await follow(feed, 'StatusReports', options().count());
  assert.equal(pages, Math.ceil(rows.length / 100));
  assert.ok(pages > 10, `${pages} pages`);
  assert.equal(among(rows).size, rows.length);
  assert.equal(Number(count), rows.length);
  return rows;
}

async function queried(reports, projects) {
  const since = OData.newFilter().property('PeriodEnd').ge(day('2020-03-31')).property('Confidence').ne(null);
  const wanted = reports.filter((r) => r.PeriodEnd >= '2020-03-31' && r.Confidence !== null);
  assert.ok(wanted.length > 100 && wanted.length < reports.length, `${wanted.length} of ${reports.length}`);
  wanted.sort((a, b) => (a.PeriodEnd === b.PeriodEnd ? Number(a.Id.split('-').pop()) - Number(b.Id.split('-').pop()) : a.PeriodEnd < b.PeriodEnd ? 1 : -1));
  const { rows, count } = await follow(feed, 'StatusReports', options().filter(since).select(['Id', 'PeriodEnd', 'WholeLifeCost']).orderby('PeriodEnd', 'desc').top(150).count().expand('Project($select=Code)'));
  assert.equal(Number(count), wanted.length);
  assert.deepEqual(rows, wanted.slice(0, 150).map((r) => ({ ...pick(r, 'Id', 'PeriodEnd', 'WholeLifeCost'), Project: { '@odata.id': `Projects('${r.ProjectId}')`, Code: projects.get(r.ProjectId).Code } })));
  assert.equal(Number(await feed.getEntitySet('StatusReports').count(since)), wanted.length);
  const [project] = projects.values();
  assert.deepEqual(await feed.getEntitySet('Projects').find({ Code: project.Code }), [project]);
}

async function keyed(projects) {
  for (const id of [...projects.keys()].slice(0, 3)) {
    const { '@odata.context': context, ...row } = await feed.getEntitySet('Projects').retrieve(id);
    assert.equal(context, `${service}$metadata#Projects/$entity`);
    assert.deepEqual(row, projects.get(id));
  }
  const [first] = await feed.getEntitySet('CostsByMonth').query(options().top(1).filter('Actual ne null'));
  const { '@odata.context': _, ...row } = await feed.getEntitySet('CostsByMonth').retrieve({ CostEntryId: first.CostEntryId, Date: day(first.Date) });
  assert.deepEqual(row, first);
  await assert.rejects(feed.getEntitySet('Projects').retrieve('project-0'), /nothing has the key "project-0"/);
}

async function applied() {
  const { rows: entries } = await follow(feed, 'CostEntries');
  const { rows } = await follow(feed, 'CostEntries', options().apply([
    OData.newTransformation().filter(OData.newFilter().property('ActualReporting').ne(null)),
    OData.newTransformation().groupBy(['CategoryId', 'Period'], OData.newTransformation().aggregate('ActualReporting with sum as Cost,$count as N')),
  ]));
  const sums = {};
  for (const e of entries.filter((x) => x.ActualReporting !== null)) {
    const sum = (sums[`${e.CategoryId} ${e.Period}`] ??= { cost: 0n, n: 0 });
    sum.cost += hundredths(e.ActualReporting);
    sum.n++;
  }
  const told = Object.fromEntries(rows.map((r) => [`${r.CategoryId} ${r.Period}`, { cost: hundredths(r.Cost), n: Number(r.N) }]));
  assert.ok(rows.length > 10, `${rows.length} groups`);
  assert.deepEqual(told, sums);
}

async function batched(projects) {
  const [id] = projects.keys();
  const answers = await feed.execBatchRequestsJson([
    feed.newBatchRequest({ collection: 'Projects', params: options().top(2).select(['Id', 'Code']) }),
    feed.newBatchRequest({ collection: 'Nothing' }),
    feed.newBatchRequest({ collection: 'Projects', id }),
  ]);
  assert.deepEqual(answers.map((a) => a.status), [200, 404, 200]);
  assert.deepEqual((await answers[0].json()).value, [...projects.values()].slice(0, 2).map((p) => pick(p, 'Id', 'Code')));
  assert.equal((await answers[1].json()).error.code, 'NOT_FOUND');
  assert.equal((await answers[2].json()).Code, projects.get(id).Code);
}

async function changed() {
  const tracking = client('odata.track-changes');
  const { rows, delta } = await follow(tracking, 'Milestones');
  const [copy, renamed] = [among(rows), rows.at(-1).Id];
  const { ProjectId } = rows[0];
  const [kept, gone] = [`Kept ${Date.now()}`, `Gone ${Date.now()}`];
  await ask(`mutation M { milestoneCreate(input: { projectId: "${ProjectId}", name: "${kept}", forecastDate: "2031-05-06" }) { number errors { message } } }`);
  await ask(`mutation M { milestoneCreate(input: { projectId: "${ProjectId}", name: "${gone}", forecastDate: "2031-05-06" }) { number errors { message } } }`);
  const made = (await follow(tracking, 'Milestones', options().filter(OData.newFilter().property('Name').eq(gone)))).rows[0].Id;
  const { delta: later, rows: before } = await follow(tracking, 'Milestones');
  assert.equal(before.length, rows.length + 2);
  await ask(`mutation M { milestoneDelete(input: { id: "${made}" }) { number errors { message } } }`);
  await ask(`mutation M { milestoneUpdate(input: { id: "${renamed}", patch: { name: "Renamed ${kept}" } }) { number errors { message } } }`);
  const whole = among((await follow(tracking, 'Milestones')).rows);
  assert.deepEqual(apply(copy, (await follow(tracking, within(delta))).rows), whole);
  const { rows: removed } = await follow(tracking, within(later));
  assert.ok(removed.some((r) => r.id?.endsWith(`Milestones('${made}')`) && r.reason === 'deleted'), JSON.stringify(removed));
  assert.deepEqual(apply(among(before), removed), whole);
}

/** Does to a copy what a delta tells. */
function apply(copy, changes) {
  for (const change of changes) {
    if (change.reason) copy.delete(/'(.*)'/.exec(change.id)[1]);
    else copy.set(change.Id, change);
  }
  return copy;
}

check('odata', async () => {
  const sets = await described();
  const reports = await pages();
  const projects = among((await follow(feed, 'Projects')).rows);
  await queried(reports, projects);
  await keyed(projects);
  await applied();
  await batched(projects);
  await changed();
  await assert.rejects(feed.getEntitySet('Nothing').query(), /there is no set "Nothing"/);
  await assert.rejects(feed.getEntitySet('Projects').create({ Name: 'X' }), /nothing is written by OData here/);
  console.log(`${sets} sets, ${reports.length} reports, ${projects.size} projects`);
});
