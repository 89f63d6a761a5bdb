package projectdata

import (
	"fmt"
	"slices"
)

// metadata is the schema of the feed.
func (w *writer) metadata(sets []*set) []byte {
	if w.version == v4 {
		return w.schema4(sets)
	}
	all := associations(sets)
	b := []byte(prologue + `<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices m:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0" xmlns:m="` +
		metadataNS + `"><Schema Namespace="` + namespace + `" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">`)
	for _, s := range sets {
		b = w.entityType(b, s, all)
	}
	for _, a := range all {
		b = fmt.Appendf(b, `<Association Name=%q>`, a.name)
		for _, e := range a.ends {
			b = fmt.Appendf(b, `<End Type="%s.%s" Role=%q Multiplicity=%q/>`, namespace, e.set.Type, e.role, e.multiplicity)
		}
		b = append(b, "</Association>"...)
	}
	b = fmt.Appendf(b, `<EntityContainer Name=%q m:IsDefaultEntityContainer="true">`, container)
	for _, s := range sets {
		b = fmt.Appendf(b, `<EntitySet Name=%q EntityType="%s.%s"/>`, s.Name, namespace, s.Type)
	}
	for _, a := range all {
		b = fmt.Appendf(b, `<AssociationSet Name=%q Association="%s.%s">`, a.name, namespace, a.name)
		for _, e := range a.ends {
			b = fmt.Appendf(b, `<End Role=%q EntitySet=%q/>`, e.role, e.set.Name)
		}
		b = append(b, "</AssociationSet>"...)
	}
	return append(b, "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"...)
}

func (w *writer) entityType(b []byte, s *set, all []association) []byte {
	b = fmt.Appendf(b, `<EntityType Name=%q><Key>`, s.Type)
	for _, k := range s.keys() {
		b = fmt.Appendf(b, `<PropertyRef Name=%q/>`, k)
	}
	b = append(b, "</Key>"...)
	for i := range s.Properties {
		p := &s.Properties[i]
		b = fmt.Appendf(b, `<Property Name=%q Type=%q`, p.Name, w.edm(p))
		if !p.mayBeNull() {
			b = append(b, ` Nullable="false"`...)
		}
		if p.Edm == "Decimal" && w.version == v4 {
			b = append(b, ` Scale="variable"`...)
		}
		b = append(b, "/>"...)
	}
	for i := range s.References {
		b = w.navigation(b, &s.References[i], all)
	}
	return append(b, "</EntityType>"...)
}

func (w *writer) navigation(b []byte, r *reference, all []association) []byte {
	switch {
	case w.version != v4:
		a := all[slices.IndexFunc(all, func(a association) bool { return a.name == r.Association })]
		from, to := a.ends[0].role, a.ends[1].role
		if a.first != r {
			from, to = to, from
		}
		return fmt.Appendf(b, `<NavigationProperty Name=%q Relationship="%s.%s" FromRole=%q ToRole=%q/>`, r.Name, namespace, r.Association, from, to)
	case r.Many:
		return fmt.Appendf(b, `<NavigationProperty Name=%q Type="Collection(%s.%s)"/>`, r.Name, namespace, r.To.Type)
	}
	return fmt.Appendf(b, `<NavigationProperty Name=%q Type="%s.%s"/>`, r.Name, namespace, r.To.Type)
}

// association is what two references in opposite directions, or one alone, are of.
type association struct {
	name  string
	first *reference // the one that leads from the first end to the second
	ends  [2]end
}

type end struct {
	set          *set
	role         string
	multiplicity string
}

func associations(sets []*set) (all []association) {
	at := map[string]int{}
	for _, s := range sets {
		for i := range s.References {
			r := &s.References[i]
			if n, ok := at[r.Association]; ok {
				all[n].ends[0].multiplicity = r.multiplicity()
				continue
			}
			at[r.Association] = len(all)
			all = append(all, association{r.Association, r, [2]end{{s, s.Type, "*"}, {r.To, "To" + r.To.Type, r.multiplicity()}}})
		}
	}
	return all
}

func (r *reference) multiplicity() string {
	if r.Many {
		return "*"
	}
	return "0..1"
}

func (w *writer) schema4(sets []*set) []byte {
	b := []byte(prologue + `<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="` + namespace + `" xmlns="http://docs.oasis-open.org/odata/ns/edm">`)
	for _, s := range sets {
		b = w.entityType(b, s, nil)
	}
	b = fmt.Appendf(b, `<EntityContainer Name=%q>`, container)
	for _, s := range sets {
		b = fmt.Appendf(b, `<EntitySet Name=%q EntityType="%s.%s">`, s.Name, namespace, s.Type)
		for _, r := range s.References {
			b = fmt.Appendf(b, `<NavigationPropertyBinding Path=%q Target=%q/>`, r.Name, r.To.Name)
		}
		b = append(b, "</EntitySet>"...)
	}
	return append(b, "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"...)
}
