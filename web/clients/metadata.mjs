// Reads the feed's schema with an EDMX parser of others: it says what the schema's JSON says, leads nowhere astray, and holds for the rows of every set.
//   node clients/metadata.mjs URL, with a TOKEN
import assert from 'node:assert/strict';
import { parse } from '@sap-ux/edmx-parser';
import { check, headers } from './expect.mjs';

const service = `${process.argv[2]}/odata/v4/`;

async function get(address, accept) {
  const answer = await fetch(service + address, { headers: { ...headers, accept, 'odata-maxversion': '4.0' } });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${address}: ${text}`);
  return text;
}

const rows = async (address) => JSON.parse(await get(address, 'application/json;IEEE754Compatible=true')).value;
const named = (list, of) => Object.fromEntries(list.map((x) => [x.name, of(x)]));

/** The schema as the parser understands its XML. */
function ofXML(text) {
  const { version, schema } = parse(text);
  assert.equal(version, '4.0');
  const container = `${schema.entityContainer.fullyQualifiedName}/`;
  return {
    types: named(schema.entityTypes, (type) => ({
      keys: type.keys.map((key) => key.name),
      properties: named(type.entityProperties, ({ type, nullable, precision, scale = type === 'Edm.Decimal' ? 0 : undefined }) => ({ type, nullable, precision, scale })),
      navigations: named(type.navigationProperties, (n) => ({
        to: n.targetTypeName,
        many: n.isCollection,
        partner: n.partner,
        on: Object.fromEntries(n.referentialConstraint.map((c) => [c.sourceProperty, c.targetProperty])),
      })),
    })),
    sets: named(schema.entitySets, (set) => ({
      of: set.entityTypeName,
      leads: Object.fromEntries(Object.entries(set.navigationPropertyBinding).map(([path, target]) => [path, target.replace(container, '')])),
    })),
  };
}

/** The schema as its JSON has it, by the defaults of that form. */
function ofJSON(text) {
  const json = JSON.parse(text);
  assert.equal(json.$Version, '4.01'); // the form came with it
  const [namespace, name] = json.$EntityContainer.split(/\.(?=[^.]*$)/);
  const members = (of, kind) => Object.entries(of).filter(([key, x]) => !/[$@]/.test(key) && (x.$Kind ?? 'Property') === kind);
  const all = (of, kind, form) => Object.fromEntries(members(of, kind).map(([key, x]) => [key, form(x)]));
  return {
    types: all(json[namespace], 'EntityType', (type) => ({
      keys: type.$Key,
      properties: all(type, 'Property', (p) => ({ type: p.$Type ?? 'Edm.String', nullable: p.$Nullable ?? false, precision: p.$Precision, scale: p.$Type === 'Edm.Decimal' ? (p.$Scale ?? 'variable') : p.$Scale })),
      navigations: all(type, 'NavigationProperty', (n) => ({ to: n.$Type, many: n.$Collection ?? false, partner: n.$Partner, on: n.$ReferentialConstraint ?? {} })),
    })),
    sets: Object.fromEntries(members(json[namespace][name], 'Property').map(([key, set]) => [key, { of: set.$Type, leads: set.$NavigationPropertyBinding ?? {} }])),
  };
}

const text = /^/;
const forms = {
  'Edm.String': text,
  'Edm.Boolean': /^(true|false)$/,
  'Edm.Int32': /^-?\d{1,10}$/,
  'Edm.Int64': /^-?\d{1,19}$/,
  'Edm.Decimal': /^-?\d+(\.\d+)?$/,
  'Edm.Date': /^\d{4}-\d\d-\d\d$/,
  'Edm.DateTimeOffset': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
};

/** Asks that a value is what its property promises. */
function promised(value, property, where) {
  if (value === null) return assert.ok(property.nullable, `${where} is null`);
  const kinds = { 'Edm.Boolean': 'boolean', 'Edm.Int32': 'number' };
  assert.equal(typeof value, kinds[property.type] ?? 'string', where);
  assert.match(String(value), forms[property.type], where);
  if (property.type !== 'Edm.Decimal') return;
  const [, digits, behind = ''] = /^-?(\d+)\.?(\d*)$/.exec(value);
  assert.ok(digits.length + behind.length <= property.precision, `${where}: ${value} has more than ${property.precision} digits`);
  if (property.scale !== 'variable') assert.ok(behind.length <= property.scale, `${where}: ${value} has more than ${property.scale} digits behind the point`);
}

/** Reads rows of a set with what they refer to, and holds them against the schema; tells how many references led to a row. */
async function held(name, { types, sets }) {
  const typeOf = (full) => types[full.slice(full.lastIndexOf('.') + 1)];
  const set = sets[name];
  const type = typeOf(set.of);
  const single = Object.entries(type.navigations).filter(([, n]) => !n.many);
  for (const [path, n] of Object.entries(type.navigations)) {
    assert.equal(sets[set.leads[path]]?.of, n.to, `${name}/${path} leads to ${set.leads[path]}`);
    if (n.partner) assert.equal(typeOf(n.to).navigations[n.partner].to, set.of, `${name}/${path} and its partner`);
  }
  const expand = single.length > 0 ? `&$expand=${single.map(([path]) => path).join()}` : '';
  const found = await rows(`${name}?$top=1000${expand}`);
  let reached = 0;
  for (const row of found) {
    for (const [key, property] of Object.entries(type.properties)) promised(row[key], property, `${name}/${key}`);
    for (const [path, n] of single) {
      if (row[path] === null) continue;
      for (const [mine, theirs] of Object.entries(n.on)) assert.equal(row[path][theirs], row[mine], `${name}/${path}`);
      for (const [key, property] of Object.entries(typeOf(n.to).properties)) promised(row[path][key], property, `${name}/${path}/${key}`);
      reached++;
    }
    const more = Object.keys(row).filter((key) => !key.includes('@') && !(key in type.properties) && !(key in type.navigations));
    assert.deepEqual(more, [], `${name} has more`);
  }
  assert.equal(new Set(found.map((row) => JSON.stringify(type.keys.map((key) => row[key])))).size, found.length, `keys of ${name}`);
  return { rows: found.length, reached };
}

check('metadata', async () => {
  const schema = ofXML(await get('$metadata', 'application/xml'));
  assert.deepEqual(ofJSON(await get('$metadata?$format=json', 'application/json')), schema);
  const told = { sets: 0, empty: 0, rows: 0, reached: 0 };
  for (const name of Object.keys(schema.sets)) {
    const { rows, reached } = await held(name, schema);
    told.sets++;
    told.empty += rows === 0;
    told.rows += rows;
    told.reached += reached;
  }
  assert.ok(told.sets > 30 && told.empty < 10 && told.reached > told.rows, JSON.stringify(told));
  console.log(JSON.stringify(told));
});
