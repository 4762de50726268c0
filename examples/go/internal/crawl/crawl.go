// Package crawl fetches a page and tries every link on it.
package crawl

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
)

// Result is what came of one link.
type Result struct {
	URL    string
	Status int
	Err    error
}

// OK says whether the link leads somewhere.
func (r Result) OK() bool { return r.Err == nil && r.Status < 400 }

// Reason is a sentence for people.
func (r Result) Reason() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	return fmt.Sprintf("answered %d", r.Status)
}

var href = regexp.MustCompile(`(?i)href\s*=\s*["']([^"'#]+)`)

// Links are the absolute addresses that a page refers to, in order and without repeats.
func Links(base *url.URL, page []byte) []string {
	seen := map[string]bool{}
	var links []string
	for _, match := range href.FindAllSubmatch(page, -1) {
		target, err := base.Parse(string(match[1]))
		if err != nil || (target.Scheme != "http" && target.Scheme != "https") || seen[target.String()] {
			continue
		}
		seen[target.String()] = true
		links = append(links, target.String())
	}
	return links
}

// Page tries all links of one page, some at a time.
func Page(ctx context.Context, client *http.Client, address string, parallel int) ([]Result, error) {
	base, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	body, err := get(ctx, client, address)
	if err != nil {
		return nil, err
	}
	links := Links(base, body)
	results := make([]Result, len(links))
	slots := make(chan struct{}, parallel)
	var wait sync.WaitGroup
	for i, link := range links {
		wait.Add(1)
		go func() {
			defer wait.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = try(ctx, client, link)
		}()
	}
	wait.Wait()
	return results, nil
}

func try(ctx context.Context, client *http.Client, link string) Result {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, link, nil)
	if err != nil {
		return Result{URL: link, Err: err}
	}
	response, err := client.Do(request)
	if err != nil {
		return Result{URL: link, Err: err}
	}
	defer response.Body.Close()
	return Result{URL: link, Status: response.StatusCode}
}

func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(io.LimitReader(response.Body, 10<<20))
}
