// Reads a dataset's files with readers of others, and asks that they say the same: rows, empty values and the sum of a column, to the last digit.
//   node clients/files.mjs URL DATASET COLUMN, with TOKEN, and a directory for scratch in TMPDIR
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const [url, dataset, column] = process.argv.slice(2)
const { TOKEN, TMPDIR } = process.env
const basic = 'Basic ' + Buffer.from('anybody:' + TOKEN).toString('base64')

async function get(name) {
  const answer = await fetch(`${url}/export/${name}`, { headers: { Authorization: basic } })
  assert.equal(answer.status, 200, name)
  return { bytes: new Uint8Array(await answer.arrayBuffer()), position: answer.headers.get('pmo-position') }
}

// units counts a decimal in hundredths, exactly.
function units(text) {
  const [whole, part = ''] = String(text).split('.')
  const negative = whole.startsWith('-')
  const n = BigInt(whole.replace('-', '')) * 100n + BigInt((part + '00').slice(0, 2))
  assert.match(part.slice(2), /^0*$/)
  return negative ? -n : n
}

function told(values) {
  const some = values.filter((v) => v !== null && v !== '' && v !== undefined)
  return { rows: values.length, empty: values.length - some.length, sum: String(some.reduce((sum, v) => sum + units(v), 0n)) }
}

const readers = {
  csv: (bytes) => parse(Buffer.from(bytes), { columns: true, bom: true }).map((row) => row[column]),
  jsonl: (bytes) =>
    new TextDecoder().decode(bytes).trimEnd().split('\n').map((line) => {
      JSON.parse(line)
      const found = line.match(new RegExp(`"${column}":(null|[-0-9.]+)`)) // as it stands: a number of JSON's has fewer digits
      return found[1] === 'null' ? null : found[1]
    }),
  parquet: async (bytes) => {
    const file = bytes.buffer
    const kept = parquetMetadata(file).key_value_metadata.find((x) => x.key === 'pmograph.rows')
    const rows = await parquetReadObjects({ file, compressors })
    assert.equal(String(rows.length), kept.value)
    return rows.map((row) => (row[column] === null ? null : row[column].toFixed(2)))
  },
  xlsx: (bytes) => {
    const book = join(TMPDIR, 'book.xlsx')
    writeFileSync(book, bytes)
    execFileSync('soffice', [`-env:UserInstallation=file://${TMPDIR}/profile`, '--headless', '--convert-to', 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1', '--outdir', TMPDIR, book], { stdio: 'ignore' })
    return parse(readFileSync(join(TMPDIR, `book-${dataset}.csv`)), { columns: true }).map((row) => row[column])
  },
}

const results = {}
let at
for (const [format, read] of Object.entries(readers)) {
  const { bytes, position } = await get(`${dataset}.${format}`)
  results[format] = told(await read(bytes))
  assert.deepEqual(results[format], results.csv, format)
  assert.equal(position, (at ??= position))
}
console.log(JSON.stringify(results.csv))
