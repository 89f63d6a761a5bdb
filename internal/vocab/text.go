package vocab

// TextAddress stands in a row for a long text that lies beside the rows: 32 hexadecimal digits, the first 16 bytes of the text's
// HMAC-SHA256 under the key of the record. Equal texts of one record have one address.
type TextAddress string
