// Linkcheck visits a web page and says which of its links are broken.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"

	"example.com/linkcheck/internal/crawl"
)

var version = "dev"

func main() {
	timeout := flag.Duration("timeout", 10*time.Second, "time for one request")
	parallel := flag.Int("parallel", 8, "requests at the same time")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintf(os.Stderr, "linkcheck %s\nusage: linkcheck [flags] URL\n", version)
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client := &http.Client{Timeout: *timeout}
	results, err := crawl.Page(ctx, client, flag.Arg(0), *parallel)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	broken := 0
	for _, result := range results {
		if result.OK() {
			continue
		}
		broken++
		fmt.Printf("%s\t%s\n", result.URL, result.Reason())
	}
	if broken > 0 {
		os.Exit(1)
	}
}
