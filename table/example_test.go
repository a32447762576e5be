package table_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/table"
)

const houses = `area,rooms,city,price
50,2,"Bern, old town",510
80,3,Basel,790
NA,4,Basel,900
120,4,Bern,1180
65,3,Basel,660
`

// From a CSV file to a fit.
func ExampleCSV_Decode() {
	c := table.CSV{Apart: []string{"price"}} // so that the others are side by side in memory
	t, err := c.Decode(context.Background(), strings.NewReader(houses), "houses.csv")
	if err != nil {
		log.Fatal(err)
	}
	x, names, y, err := t.Numeric().DropMissing().XY("price") // without city
	if err != nil {
		log.Fatal(err)
	}
	fit, err := linear.Lasso{Alpha: 1}.Fit(linear.Dense(x), y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %.1f\n", names, fit.Coef)
	// Output: [area rooms] [9.5 0.0]
}
