package tabular

import (
	"maps"
	"regexp"
	"slices"
)

// keyRule makes equal names equal.
type keyRule struct {
	written    []*regexp.Regexp // taken out of the text as written
	normalised []*regexp.Regexp // taken out of its normal form
	aliases    map[string]string
}

// key gives the canonical key of a name; empty if nothing of it is left.
func (r *keyRule) key(name string) string {
	k := r.reduce(name)
	if canonical, ok := r.aliases[k]; ok {
		return canonical
	}
	return k
}

// reduce is key without aliases. A pattern that would leave nothing is not applied.
func (r *keyRule) reduce(name string) string {
	for _, re := range r.written {
		if left := re.ReplaceAllString(name, " "); Normalise(left) != "" {
			name = left
		}
	}
	k := Normalise(name)
	for _, re := range r.normalised {
		if left := Normalise(re.ReplaceAllString(k, " ")); left != "" {
			k = left
		}
	}
	return k
}

// keyRule compiles a rule. Each name may stand for one canonical name only, and a canonical name is nobody's alias.
func (c *checker) keyRule(path []string, s keySpec) *keyRule {
	r := &keyRule{aliases: map[string]string{}}
	for i, p := range s.EraseWritten {
		if re := c.pattern(under(path, "erase_written", itoa(i)), p, p); re != nil {
			r.written = append(r.written, re)
		}
	}
	for i, p := range s.EraseNormalised {
		if re := c.pattern(under(path, "erase_normalised", itoa(i)), p, p); re != nil {
			r.normalised = append(r.normalised, re)
		}
	}
	canonical := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Aliases)) {
		k := r.reduce(name)
		if other, twice := canonical[k]; twice || k == "" {
			c.add(under(path, "aliases", name), "%q is no canonical name of its own: it reads %q, as does %q", name, k, other)
		}
		canonical[k] = name
	}
	for _, name := range slices.Sorted(maps.Keys(s.Aliases)) {
		for i, alias := range s.Aliases[name] {
			k, at := r.reduce(alias), under(path, "aliases", name, itoa(i))
			if other, taken := r.aliases[k]; taken && other != r.reduce(name) {
				c.add(at, "%q already stands for %q", alias, other)
			}
			if other, taken := canonical[k]; taken && other != name {
				c.add(at, "%q has aliases itself", alias)
			}
			r.aliases[k] = r.reduce(name)
		}
	}
	return r
}
