package tabular

// What a mapping's YAML text holds, word for word; doc.go explains the words.
type (
	mappingSpec struct {
		Source string             `yaml:"source"`
		Files  filesSpec          `yaml:"files"`
		Blank  blankSpec          `yaml:"blank"`
		Keys   map[string]keySpec `yaml:"keys"`
		Tables []sheetSpec        `yaml:"tables"`
		Only   sheetSpec          `yaml:",inline"` // the only table, if tables names none
	}
	sheetSpec struct {
		AsOf    string               `yaml:"as_of"`
		Fields  map[string]fieldSpec `yaml:"fields"`
		Records []recordSpec         `yaml:"records"`
		LeftOut string               `yaml:"left_out"`
	}
	filesSpec struct {
		Encodings  oneOrMore `yaml:"encodings"`
		Delimiters oneOrMore `yaml:"delimiters"`
	}
	blankSpec struct {
		Ignore oneOrMore `yaml:"ignore"`
		Cells  oneOrMore `yaml:"cells"`
	}
	keySpec struct {
		EraseWritten    oneOrMore            `yaml:"erase_written"`
		EraseNormalised oneOrMore            `yaml:"erase_normalised"`
		Aliases         map[string]oneOrMore `yaml:"aliases"`
	}
	fieldSpec struct {
		Header            oneOrMore   `yaml:"header"`
		File              string      `yaml:"file"`
		Of                string      `yaml:"of"`
		Template          string      `yaml:"template"`
		Required          string      `yaml:"required"`
		NoValue           oneOrMore   `yaml:"no_value"`
		Values            []valueSpec `yaml:"values"`
		Key               string      `yaml:"key"`
		Kind              string      `yaml:"kind"`
		Formats           oneOrMore   `yaml:"formats"`
		TwoDigitYearsFrom int         `yaml:"two_digit_years_from"`
		Until             string      `yaml:"until"`
		Snap              string      `yaml:"snap"`
		Strip             oneOrMore   `yaml:"strip"`
		Thousands         string      `yaml:"thousands"`
		Decimal           string      `yaml:"decimal"`
		Powers            bool        `yaml:"powers"`
		Currency          string      `yaml:"currency"`
		Scale             string      `yaml:"scale"`
	}
	valueSpec struct {
		Is    oneOrMore `yaml:"is"`
		Match string    `yaml:"match"`
		To    any       `yaml:"to"`
	}
	recordSpec struct {
		Entity string             `yaml:"entity"`
		Key    string             `yaml:"key"`
		Wins   string             `yaml:"wins"`
		When   oneOrMore          `yaml:"when"`
		Set    map[string]any     `yaml:"set"`
		Refs   map[string]refSpec `yaml:"refs"`
	}
	refSpec struct {
		Entity  string `yaml:"entity"`
		Key     string `yaml:"key"`
		Missing string `yaml:"missing"`
	}
)

// oneOrMore is a list of texts that may be written as a single one.
type oneOrMore []string

// UnmarshalYAML takes a text or a list of texts.
func (l *oneOrMore) UnmarshalYAML(decode func(any) error) error {
	var many []string
	if err := decode(&many); err == nil {
		*l = many
		return nil
	}
	var one string
	if err := decode(&one); err != nil {
		return err
	}
	*l = oneOrMore{one}
	return nil
}
