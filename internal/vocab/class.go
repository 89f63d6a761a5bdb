package vocab

// Class says who may read a column: everybody who sees the row, or only holders of a permission of its own.
// The type of a guarded column fixes its class; every other column stands on a reviewed public list.
type Class uint8

// The classes of columns.
const (
	ClassPublic   Class = iota // whoever sees the row
	ClassMoney                 // amounts: budgets, costs, forecasts
	ClassRate                  // what an hour of a person costs
	ClassPersonal              // names, addresses and other data on persons; erasable
)

func (c Class) String() string { return [...]string{"PUBLIC", "MONEY", "RATE", "PERSONAL"}[c] }
