package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// pictured is a report that has something of everything: many threads, times far apart,
// long names, names that would break a page, wrong and missing rows, no rows at all.
func pictured() *Report {
	r := sample()
	row := func(who string, threads int, seconds float64, more func(*Row)) Row {
		x := Row{Who: who, Threads: threads, Status: ok, Inner: 3, Busy: float64(threads), Memory: int64(len(who)) << 20, RSS: 1 << 30, Procs: threads}
		for k := range 7 {
			x.Samples = append(x.Samples, seconds*(1+.03*float64(k*k%5)))
		}
		if more != nil {
			more(&x)
		}
		return x
	}
	base := func(x *Row) {
		x.Base, x.ISA, x.Bytes, x.Flops, x.Footprint = true, "avx512", 1e9, 2.5e8, 1e9
	}
	var scaled []Row
	for _, t := range []int{1, 2, 32} {
		g := float64(min(t, 8))
		scaled = append(scaled, row("nogil with a long name of its kernel", t, 1/g, base),
			row("<script>alert(1)</script>", t, 2/g, nil), row("another peer whose name does not fit into a line", t, 1.9/g, nil),
			row("ProcessPoolExecutor, as shipped & held", t, .3/g, nil), row("slow", t, 1000, nil))
	}
	scaled = append(scaled, row("alone", 1, 3, func(x *Row) { x.Serial = true }))
	w := &workload{name: "scaled", shape: "10 × 10 <b>", units: 100, unit: "thing", notes: []string{"a </p> note"}}
	load := w.report(scaled, []int{1, 2, 32}, time.Second)
	load.Suite = "small"
	load.Timelines = []Timeline{
		{Who: "nogil", Threads: 2, Spans: [][3]float64{{0, 0, .4}, {1, .1, .3}, {1, .31, .4}}},
		{Who: "nogil", Threads: 32, Spans: [][3]float64{{0, 0, 1e-6}, {31, 5e-7, 1e-6}}},
	}
	r.Threads = []int{1, 2, 32}
	r.Workloads = append(r.Workloads, load, WorkloadReport{Suite: "small", Name: "broken", Shape: "-", Error: "no room"})
	for _, t := range r.Threads {
		for k, name := range []string{readL1, readL2, readL3, readMemory} {
			r.Limits = append(r.Limits, Limit{Name: name, Unit: "B/s", Threads: t, Value: float64(t) * 3e11 / float64(int(1)<<(2*k)), Before: []float64{1}, After: []float64{1.2}})
		}
		r.Limits = append(r.Limits, Limit{Name: peakFlops, Unit: "flop/s", Threads: t, Value: 5e10 * float64(t)})
	}
	r.Limits = append(r.Limits, Limit{Name: callC, Unit: "s", Threads: 1, Value: 3e-8})
	r.Peers = append(r.Peers, Peer{Program: "ghost", Missing: "not <installed>"})
	r.fillRoofs()
	return r
}

func pageOf(t *testing.T, r *Report) string {
	var out strings.Builder
	if err := r.writePage(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The page must hold everything, load nothing, run nothing, and let no name out of its place.
func TestPage(t *testing.T) {
	page := pageOf(t, pictured())
	for _, want := range []string{
		`id="small-scaled"`, "not &lt;installed&gt;", "a &lt;/p&gt; note", "&lt;script&gt;alert(1)", "WRONG: liar: sum 0 is 1, want 2", "Not measured:</b> no room",
		"the hypervisor took 2.0 %", "The machine changed during the run", "nogil loses</b> scaled", "Roofline", "Gain by threads", "multiply-add", "@media print", "prefers-color-scheme: dark",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|<link[^>]*stylesheet|src=|@import|url\(|https?://|NaN|Inf\b`).FindString(page); found != "" {
		t.Errorf("the page has %q in it", found)
	}
	// Times, memory and gain of two loads and two timelines; overview and roofline.
	if got := strings.Count(page, "<svg"); got < 9 {
		t.Errorf("%d pictures, want nine or more", got)
	}
}

// An empty report, and one that was cut short, make a page too.
func TestPageOfLittle(t *testing.T) {
	for _, r := range []*Report{
		{Ended: "Ctrl-C"},
		{Threads: []int{1}, Workloads: []WorkloadReport{{Name: "none", Rows: []Row{{Who: "a", Threads: 1, Status: missing, Reason: "gone"}, {Who: "b", Threads: 1, Status: cut}}}}},
	} {
		if page := pageOf(t, r); !strings.Contains(page, "</html>") {
			t.Error("the page is cut short")
		}
	}
}

// A look says what a browser shows of the page in a window of some width.
type look struct {
	Width, Scroll int      // of the window, and of what is in it
	Pictures      int      // that have a size
	Empty         []string // pictures without
	Out           []string // words outside their picture
	Over          []string // words over others
}

// looker opens the page in frames of several widths, looks, and leaves what it saw.
const looker = `<!DOCTYPE html><title>looking</title><body><script>
const widths = [375, 1280], looks = [];
function see(frame) {
	const d = frame.contentDocument, l = {Width: frame.clientWidth, Scroll: d.documentElement.scrollWidth, Pictures: 0, Empty: [], Out: [], Over: []};
	for (const s of d.querySelectorAll('svg')) {
		const box = s.getBoundingClientRect(), name = s.getAttribute('aria-label');
		if (box.width < 200 || box.height < 20 || s.children.length == 0) { l.Empty.push(name); continue }
		l.Pictures++;
		const texts = [...s.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
		texts.forEach(([words, r], i) => {
			if (r.left < box.left - 3 || r.right > box.right + 3 || r.bottom > box.bottom + 3) l.Out.push(name + ': ' + words);
			for (const [others, o] of texts.slice(0, i)) {
				const w = Math.min(r.right, o.right) - Math.max(r.left, o.left), h = Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top);
				if (w > 2 && h > .4 * Math.min(r.height, o.height)) l.Over.push(name + ': ' + words + ' / ' + others);
			}
		});
	}
	looks.push(l);
	if (looks.length == widths.length) document.body.innerHTML = '<pre>' + JSON.stringify(looks).replace(/[<&]/g, c => c == '<' ? '&lt;' : '&amp;') + '</pre>';
}
for (const w of widths) {
	const f = document.createElement('iframe');
	f.style = 'border:0;height:900px;width:' + w + 'px'; f.src = '/report.html'; f.onload = () => see(f);
	document.body.append(f);
}
</script></body>`

// browser finds one that can run without a screen.
func browser(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium here: scripts/ensure.sh browser installs it where it may")
	return ""
}

// A real browser must show every picture, without complaint, nothing wider than a
// telephone, and no words outside their picture or over others.
func TestPageInBrowser(t *testing.T) {
	chromium, page := browser(t), pageOf(t, pictured())
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, looker)
		case "/report.html":
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
			fmt.Fprint(w, page)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var said strings.Builder
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--disable-background-networking", "--no-first-run",
		"--enable-logging=stderr", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=5000", "--dump-dom", server.URL)
	cmd.Stderr, cmd.WaitDelay = &said, time.Second
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the console says %s", line)
		}
	}
	for _, path := range asked {
		if !slices.Contains([]string{"/", "/report.html", "/favicon.ico"}, path) {
			t.Errorf("the page asks for %s", path)
		}
	}
	checkLooks(t, string(dom), strings.Count(page, "<svg"))
}

func checkLooks(t *testing.T, dom string, pictures int) {
	_, text, found := strings.Cut(dom, "<pre>")
	text, _, closed := strings.Cut(text, "</pre>")
	var looks []look
	text = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
	if err := json.Unmarshal([]byte(text), &looks); !found || !closed || err != nil {
		t.Fatalf("the browser's look at the page is not understood (%v):\n%s", err, dom)
	}
	if len(looks) != 2 {
		t.Fatalf("%d looks, want two", len(looks))
	}
	for _, l := range looks {
		if l.Scroll > l.Width {
			t.Errorf("at a width of %d the page is %d wide", l.Width, l.Scroll)
		}
		if l.Pictures != pictures {
			t.Errorf("at a width of %d, %d of %d pictures are shown; not %q", l.Width, l.Pictures, pictures, l.Empty)
		}
		for _, words := range l.Out {
			t.Errorf("at a width of %d outside its picture: %s", l.Width, words)
		}
		for _, words := range l.Over {
			t.Errorf("at a width of %d over each other: %s", l.Width, words)
		}
	}
}
