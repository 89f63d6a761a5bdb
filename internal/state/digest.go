package state

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"reflect"
	"time"
)

// Digest is a sum of row hashes modulo 2¹²⁸: adding and removing a row commute, so it is kept up by difference.
type Digest [2]uint64

// String gives 32 hexadecimal digits.
func (d Digest) String() string { return string(d.append(nil)) }

func (d Digest) append(b []byte) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], d[0])
	binary.BigEndian.PutUint64(raw[8:], d[1])
	return hex.AppendEncode(b, raw[:])
}

func parseDigest(s string) (d Digest, err error) {
	var raw [16]byte
	if len(s) != 32 {
		return d, fmt.Errorf("%.40q is not a digest", s)
	}
	if _, err := hex.Decode(raw[:], []byte(s)); err != nil {
		return d, fmt.Errorf("%q is not a digest", s)
	}
	return Digest{binary.BigEndian.Uint64(raw[:]), binary.BigEndian.Uint64(raw[8:])}, nil
}

func (d *Digest) add(o Digest) {
	lo := d[1] + o[1]
	if lo < o[1] {
		d[0]++
	}
	d[0], d[1] = d[0]+o[0], lo
}

func (d *Digest) sub(o Digest) {
	if d[1] < o[1] {
		d[0]--
	}
	d[0], d[1] = d[0]-o[0], d[1]-o[1]
}

// hash covers a row's columns by name and value, but for missing ones (so that a column that may be null and comes later changes no
// hash), erasable ones (so that an erasure changes none) and seq, created_at and updated_at, which at adds.
func (t *Desc) hash(row any) Digest {
	var room [1024]byte
	b := room[:0]
	v := reflect.ValueOf(row).Elem()
	for _, i := range t.hashed {
		c := &t.Columns[i]
		from := len(b)
		b = append(append(b, c.Name...), ':')
		value := len(b)
		var err error
		if b, err = c.appendValue(b, v); err != nil {
			panic(err) // a row of a snapshot came from the codec
		}
		if string(b[value:]) == null {
			b = b[:from]
		} else {
			b = append(b, '\n') // stands in no value
		}
	}
	s := sha256.Sum256(b)
	return Digest{binary.BigEndian.Uint64(s[:]), binary.BigEndian.Uint64(s[8:])}
}

// rowDigest is a row's part of its table's digest.
func (t *Desc) rowDigest(row any) Digest { return t.at(t.hash(row), row) }

// at mixes a row's number and instants into its hash, at the price of two multiplications each: Stamp replaces them in a digest without
// hashing the row again.
func (t *Desc) at(d Digest, row any) Digest { return t.kept(reflect.ValueOf(row).Elem()).mix(d) }

// kept are the columns of a row that the record itself keeps.
type kept struct {
	seq              reflect.Value
	created, updated *time.Time
}

func (t *Desc) kept(row reflect.Value) kept {
	return kept{row.Field(t.Columns[colSeq].index), timeOf(row.Field(t.Columns[colCreated].index)), timeOf(row.Field(t.Columns[colUpdated].index))}
}

func (k kept) mix(d Digest) Digest {
	return d.with(uint64(k.seq.Int())).with(uint64(k.created.UnixMicro())).with(uint64(k.updated.UnixMicro()))
}

// stamp sets them to what an entry's header says.
func (k kept) stamp(seq int64, at time.Time, created bool) {
	k.seq.SetInt(seq)
	if *k.updated = at; created {
		*k.created = at
	}
}

func (d Digest) with(n uint64) Digest {
	a := (d[0] ^ n) * 0x9e3779b97f4a7c15
	a ^= a >> 32
	b := (d[1] + a) * 0xd6e8feb86659fd93
	return Digest{a ^ b>>29, b ^ b>>32}
}

func timeOf(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

func (t *Desc) stamp(row reflect.Value, seq int64, at time.Time, created bool) {
	t.kept(row).stamp(seq, at, created)
}
