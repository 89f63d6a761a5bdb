package money

import (
	"fmt"
	"math/big"
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

var digitsOf, unitOf = index()

func index() (map[string]int, map[string]*big.Rat) {
	digits, units := map[string]int{}, map[string]*big.Rat{}
	for n, codes := range byDigits {
		minorInMajor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
		for _, code := range strings.Fields(codes) {
			digits[code], units[code] = n, new(big.Rat).SetInt(minorInMajor)
		}
	}
	return digits, units
}

// Digits gives the number of decimals of a currency by ISO 4217; an unknown code, or one not in capitals, is an error.
func Digits(code string) (int, error) {
	digits, ok := digitsOf[code]
	if !ok {
		return 0, fmt.Errorf("%.20q is not a currency code of ISO 4217, such as EUR", code)
	}
	return digits, nil
}

// unit gives how many minor units a major one has; nobody may change it.
func unit(code string) (*big.Rat, error) {
	if _, err := Digits(code); err != nil {
		return nil, err
	}
	return unitOf[code], nil
}
