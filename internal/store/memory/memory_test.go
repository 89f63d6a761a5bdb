package memory_test

import (
	"fmt"
	"testing"

	"pmograph/internal/access"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/store/storetest"
)

func TestMemory(t *testing.T) {
	stores := map[string]*memory.Store{}
	fresh := func(t testing.TB) string {
		address := fmt.Sprint(len(stores))
		stores[address] = &memory.Store{}
		return address
	}
	storetest.Run(t, storetest.Harness{
		Empty: fresh, Fresh: fresh,
		Open: func(_ testing.TB, address string) store.Store { return stores[address] },
	})
}

func TestMemoryAccess(t *testing.T) {
	stores := map[string]*memory.Access{}
	storetest.Access(t, storetest.AccessHarness{
		Fresh: func(testing.TB) string {
			address := fmt.Sprint(len(stores))
			stores[address] = &memory.Access{}
			return address
		},
		Open: func(_ testing.TB, address string) access.Store { return stores[address] },
	})
}
