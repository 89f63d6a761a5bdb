package money

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The currencies of ISO 4217 by their minor digits, as of March 2025, without metals, funds without digits and test codes. Codes
// withdrawn since 2014 are kept, for amounts once entered in them must stay readable: never take one away.
// The digits of the Unicode CLDR, which the usual libraries give, are others: those are for display and drop the cents of some.
var byDigits = [...]string{
	0: "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP " +
		"COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR " +
		"JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN NAD " +
		"NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP " +
		"SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST XCD XCG YER ZAR ZMW ZWG ZWL",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

var digitsOf = index()

func index() map[string]int {
	digits := map[string]int{}
	for n, codes := range byDigits {
		for _, code := range strings.Fields(codes) {
			digits[code] = n
		}
	}
	return digits
}

// Codes lists the currencies in the order of their codes.
func Codes() []string { return slices.Sorted(maps.Keys(digitsOf)) }

// Digits gives the number of decimals of a currency by ISO 4217; an unknown code, or one not in capitals, is an error.
func Digits(code string) (int, error) {
	digits, ok := digitsOf[code]
	if !ok {
		return 0, fmt.Errorf("%.20q is not a currency code of ISO 4217, such as EUR", code)
	}
	return digits, nil
}

// Scale gives how many minor units one of a currency has; an unknown code is an error, and has none smaller.
func Scale(code string) (minor int64, err error) {
	digits, err := Digits(code)
	minor = 1
	for range digits {
		minor *= 10
	}
	return minor, err
}
