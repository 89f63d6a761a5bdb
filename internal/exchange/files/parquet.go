package files

import (
	"io"
	"math/big"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
)

const (
	groupRows   = 128 << 10 // rows of a row group at most
	groupBytes  = 64 << 20  // and bytes of texts in it
	batchRows   = 512       // handed to the library at a time
	wideDigits  = 38        // of a decimal in sixteen bytes
	smallDigits = 18        // of one in eight
	tooLarge    = int64(1e18)
)

// parquetFile is a file of Parquet: typed columns, packed by zstd, in groups of rows of bounded size.
type parquetFile struct {
	w       io.Writer
	o       Options
	out     *parquet.GenericWriter[any]
	columns []dataset.Column
	scales  []int8
	batch   []parquet.Row
	used    int // rows of batch that are to be written
	bytes   int // of texts in the group
	room    []byte
}

func newParquet(w io.Writer, o Options) *parquetFile { return &parquetFile{w: w, o: o} }

// ordered is a group whose fields keep their order; the library's own are sorted by name.
type ordered struct {
	parquet.Group
	names []string
}

// Fields gives the fields in order.
func (o ordered) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, f := range o.Group.Fields() {
		byName[f.Name()] = f
	}
	all := make([]parquet.Field, len(o.names))
	for i, name := range o.names {
		all[i] = byName[name]
	}
	return all
}

func (f *parquetFile) begin(t *Table, names []string) error {
	f.columns = t.Plan.Columns
	group := parquet.Group{}
	options := []parquet.WriterOption{parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(groupRows), parquet.CreatedBy("pmograph", "", "")}
	for i, c := range f.columns {
		scale := c.Scale
		if scale == dataset.Varies {
			scale = dataset.MaxDigits
		}
		f.scales = append(f.scales, scale)
		group[names[i]] = parquet.Optional(leafOf(c, scale))
		if c.Kind == dataset.Decimal && c.Scale == dataset.Varies { // the library takes its bytes for a number without a sign
			options = append(options, parquet.SkipPageBounds(names[i]))
		}
	}
	for _, x := range append(f.o.About.facts(), t.facts()...) {
		options = append(options, parquet.KeyValueMetadata("pmograph."+x.name, x.value))
	}
	options = append(options, parquet.NewSchema(t.Name, ordered{group, names}))
	f.out = parquet.NewGenericWriter[any](f.w, options...)
	f.batch = make([]parquet.Row, batchRows)
	for i := range f.batch {
		f.batch[i] = make(parquet.Row, len(names))
	}
	return nil
}

// leafOf gives the type of a column. Amounts have as many digits as any currency, and room for the largest.
func leafOf(c dataset.Column, scale int8) parquet.Node {
	switch c.Kind {
	case dataset.Bool:
		return parquet.Leaf(parquet.BooleanType)
	case dataset.Int:
		return parquet.Int(64)
	case dataset.Decimal:
		if c.Scale == dataset.Varies {
			return parquet.Decimal(int(scale), wideDigits, parquet.FixedLenByteArrayType(16))
		}
		return parquet.Decimal(int(scale), smallDigits, parquet.Int64Type)
	case dataset.Date:
		return parquet.Date()
	case dataset.Instant:
		return parquet.Timestamp(parquet.Microsecond)
	}
	if c.Role == dataset.Key { // every row has another
		return parquet.String()
	}
	return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
}

func (f *parquetFile) row(values []dataset.Value) error {
	row := f.batch[f.used]
	for i := range values {
		x, err := f.value(&values[i], i)
		if err != nil {
			return err
		}
		row[i] = x
	}
	if f.used++; f.used < batchRows && f.bytes < groupBytes {
		return nil
	}
	return f.flush()
}

// flush hands the batch on, and ends the group if its texts are large.
func (f *parquetFile) flush() error {
	_, err := f.out.WriteRows(f.batch[:f.used])
	f.used, f.room = 0, f.room[:0]
	if err == nil && f.bytes >= groupBytes {
		f.bytes = 0
		err = f.out.Flush()
	}
	return err
}

// value gives a value of a column.
func (f *parquetFile) value(v *dataset.Value, column int) (parquet.Value, error) {
	x := parquet.NullValue()
	switch v.Kind {
	case dataset.Null:
		return x.Level(0, 0, column), nil
	case dataset.Bool:
		x = parquet.BooleanValue(v.Int != 0)
	case dataset.Int, dataset.Instant:
		x = parquet.Int64Value(v.Int)
	case dataset.Date:
		x = parquet.Int32Value(int32(v.Int))
	case dataset.Decimal:
		hi, lo, ok := units(v, f.scales[column])
		narrow := f.columns[column].Scale != dataset.Varies
		if !ok || narrow && (hi != int64(lo)>>63 || int64(lo) >= tooLarge || int64(lo) <= -tooLarge) {
			return x, fault.New(fault.Invalid, "a value of %s has more digits than Parquet takes: %s", f.columns[column].Name, v)
		}
		if narrow {
			x = parquet.Int64Value(int64(lo))
			break
		}
		x = parquet.FixedLenByteArrayValue(f.keep(func(b []byte) []byte { return appendWide(b, hi, lo) }))
	case dataset.Text:
		f.bytes += len(v.Text)
		x = parquet.ByteArrayValue(f.keep(func(b []byte) []byte { return append(b, v.Text...) }))
	case dataset.ID:
		x = parquet.ByteArrayValue(f.keep(v.Append))
	}
	return x.Level(0, 1, column), nil
}

// keep appends bytes that stay until the batch is written.
func (f *parquetFile) keep(add func([]byte) []byte) []byte {
	from := len(f.room)
	f.room = add(f.room)
	return f.room[from:len(f.room):len(f.room)]
}

// units gives a decimal in units of its last digit, in 128 bits with a sign; ok is false if it does not fit in 38 digits.
func units(v *dataset.Value, scale int8) (hi int64, lo uint64, ok bool) {
	if v.Num == nil && v.Scale <= scale {
		size, power := uint64(v.Int), uint64(1)
		if v.Int < 0 {
			size = -size
		}
		for range scale - v.Scale {
			power *= 10
		}
		over, low := bits.Mul64(size, power)
		if v.Int < 0 {
			var borrow uint64
			low, borrow = bits.Sub64(0, low, 0)
			over, _ = bits.Sub64(0, over, borrow)
		}
		return int64(over), low, true
	}
	n, ok := new(big.Int).SetString(digitsOf(v, scale), 10)
	if !ok || len(new(big.Int).Abs(n).String()) > wideDigits {
		return 0, 0, false
	}
	mask := new(big.Int).SetUint64(1<<64 - 1)
	lo = new(big.Int).And(n, mask).Uint64() // of two's complement, as big defines it
	return new(big.Int).Rsh(n, 64).Int64(), lo, true
}

// digitsOf is the text of a decimal with so many digits, without its point.
func digitsOf(v *dataset.Value, scale int8) string {
	text := v.Number().Fixed(int(scale))
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		if text[i] != '.' {
			b = append(b, text[i])
		}
	}
	return string(b)
}

// appendWide appends 128 bits, the highest first.
func appendWide(b []byte, hi int64, lo uint64) []byte {
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(hi>>shift))
	}
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(lo>>shift))
	}
	return b
}

func (f *parquetFile) end(_ *Table, c *Coverage) error {
	if err := f.flush(); err != nil {
		return err
	}
	for _, x := range c.facts() {
		f.out.SetKeyValueMetadata("pmograph."+x.name, x.value)
	}
	return nil
}

func (f *parquetFile) close() error { return f.out.Close() }
