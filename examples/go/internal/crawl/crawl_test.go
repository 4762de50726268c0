package crawl

import (
	"net/url"
	"os"
	"testing"
)

func TestLinksAreAbsoluteAndOnce(t *testing.T) {
	page, err := os.ReadFile("../../testdata/page.html")
	if err != nil {
		t.Fatal(err)
	}
	base, _ := url.Parse("https://example.com/docs/")
	links := Links(base, page)
	want := []string{"https://example.com/docs/a", "https://example.com/b"}
	if len(links) != len(want) || links[0] != want[0] || links[1] != want[1] {
		t.Fatalf("got %v, want %v", links, want)
	}
}
