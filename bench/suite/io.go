// Files and slow calls, the forum's first case: every task writes a file and waits
// for a server that takes its time. More threads than cores are what helps here.
// The server is a process of its own, so that it takes no contender's side.

package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nogil-go/nogil/parfor"
)

const (
	ioTasks   = 64
	ioLatency = 20 * time.Millisecond
	ioSize    = 64 << 10
	// ioPerCore is how many threads a core gets in the rows with more threads
	// than cores.
	ioPerCore = 16
)

func (b *bench) io() (*workload, error) {
	tasks := b.pick(ioTasks, 8)
	dir, err := os.MkdirTemp(b.scratch.dirs[len(b.scratch.dirs)-1], "io-")
	if err != nil {
		return nil, err
	}
	server, port, err := startServer(filepath.Join(dir, "port.npy"))
	if err != nil {
		return nil, fmt.Errorf("the server: %w", err)
	}
	w := &workload{
		name: "io", shape: fmt.Sprintf("%d files of %d KB and calls of %v", tasks, ioSize>>10, ioLatency),
		units: float64(tasks), unit: "task",
		notes:  []string{"files in " + filepath.Dir(filepath.Dir(dir)) + "; each call opens a connection to a server on the loopback address"},
		inputs: map[string]string{"dir": dir},
		params: map[string]float64{"tasks": float64(tasks), "port": port, "size": ioSize},
		reset:  func() error { return removeFiles(dir) },
		check:  func(got []float64, _ map[string]float64) error { return checkIO(got, dir, tasks) },
		close:  func() { server.stop(); os.RemoveAll(dir) },
	}
	threads := append([]int(nil), b.threads...)
	if many := ioPerCore * threads[len(threads)-1]; !b.quick {
		threads = append(threads, many)
	}
	python := b.tools.pythonPeer("executors", 0)
	w.plain(threads, contender{who: "nogil parfor", task: "io", base: true})
	w.each(threads, contender{who: "ThreadPoolExecutor", program: python, task: "io_threads"})
	w.each(threads, contender{who: "ProcessPoolExecutor", program: python, task: "io_processes"})
	return w, nil
}

// startServer starts a worker of this program and has it serve.
func startServer(answer string) (server *process, port float64, err error) {
	ctx := context.Background()
	server, err = start(ctx, goPeer(""))
	if err != nil {
		return nil, 0, err
	}
	if _, err = server.do(ctx, request{Task: "serve", Inner: 1, Answer: answer}); err == nil {
		var got []float64
		if got, err = loadVector(answer); err == nil {
			return server, got[0], nil
		}
	}
	server.stop()
	return nil, 0, err
}

// serveTask answers GET /i with i² after ioLatency, until the process ends.
func serveTask(*goWorker, request) (job, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return job{}, err
	}
	answer := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(ioLatency)
		i, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, i*i)
	}
	go http.Serve(listener, http.HandlerFunc(answer))
	port := listener.Addr().(*net.TCPAddr).Port
	return job{run: func() {}, answer: func() []float64 { return []float64{float64(port)} }}, nil
}

// ioFile is the file of task i.
func ioFile(dir string, i int) string { return filepath.Join(dir, strconv.Itoa(i)+".bin") }

func removeFiles(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.bin"))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// checkIO looks for every file and at the sum of what the server said.
func checkIO(got []float64, dir string, tasks int) error {
	want := 0.0
	for i := range tasks {
		want += float64(i * i)
		info, err := os.Stat(ioFile(dir, i))
		if err != nil {
			return err
		}
		if info.Size() != ioSize {
			return fmt.Errorf("%s has %d bytes, want %d", info.Name(), info.Size(), ioSize)
		}
	}
	return checkEqual(got, []float64{want})
}

func ioTask(_ *goWorker, r request) (job, error) {
	n, port, size, dir := int(r.Params["tasks"]), int(r.Params["port"]), int(r.Params["size"]), r.Inputs["dir"]
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answers, errs := make([]float64, n), make([]error, n)
	loop := r.loop()
	loop.Schedule = parfor.Dynamic(1)
	return job{
		run: func() {
			loop.For(n, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					answers[i], errs[i] = writeAndCall(client, ioFile(dir, i), byte(i), size, fmt.Sprintf("http://127.0.0.1:%d/%d", port, i))
				}
			})
		},
		answer: func() []float64 {
			sum := 0.0
			for _, a := range answers {
				sum += a
			}
			return []float64{sum}
		},
		err: func() error { return errors.Join(errs...) },
	}, nil
}

// writeAndCall writes size bytes to a file, calls the server and returns its answer.
func writeAndCall(client *http.Client, path string, fill byte, size int, url string) (float64, error) {
	if err := os.WriteFile(path, bytes.Repeat([]byte{fill}, size), 0o600); err != nil {
		return 0, err
	}
	response, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(string(body), 64)
}
