// Publishes one clip as many candidates, by WHIP or to a Janus videoroom, through a network that can be made bad.
//
// It tells on stdout, one JSON object a line, how each publisher got connected, and takes orders on stdin: `mark` tells
// what was sent so far; `pause` stops the media and, when what was asked for again is sent, tells it once more; the end
// of stdin closes everything.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// For repeats of the last packets.
	settle = 1500 * time.Millisecond
	// How long a publisher of a round sends.
	roundLasts = 500 * time.Millisecond
)

var (
	clipFile  = flag.String("clip", "", "IVF file of VP8")
	count     = flag.Int("n", 1, "publishers")
	url       = flag.String("whip", "", "WHIP endpoint")
	tokenFile = flag.String("tokens", "", "file with a WHIP token for each publisher, one a line")
	janusURL  = flag.String("janus", "", "REST interface of Janus")
	folder    = flag.String("janus-folder", "", "where Janus records")
	address   = flag.String("address", "127.0.0.1", "to send from")
	every     = flag.Duration("every", 0, "time between two publishers; 0: all at once")
	rounds    = flag.Int("rounds", 0, "connect and close all publishers so often, instead of sending until told")
	seed      = flag.Int64("seed", 1, "of the impairment")
	what      impairment
)

func main() {
	flag.Float64Var(&what.loss, "loss", 0, "share of datagrams lost, each way")
	flag.Float64Var(&what.reorder, "reorder", 0, "share of datagrams overtaken")
	flag.Float64Var(&what.duplicate, "duplicate", 0, "share of datagrams doubled")
	flag.DurationVar(&what.delay, "delay", 0, "delay of a round trip")
	flag.IntVar(&what.bandwidth, "bandwidth", 0, "bits per second of each publisher")
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sender:", err)
		os.Exit(1)
	}
}

func run() error {
	c, err := readClip(*clipFile)
	if err != nil {
		return err
	}
	signal, err := receiver()
	if err != nil {
		return err
	}
	orders := make(chan string)
	go readOrders(orders)
	for round := 1; round <= *rounds; round++ {
		publishers, stop := start(c, signal)
		time.Sleep(roundLasts)
		close(stop)
		end(publishers)
		tell(object{"event": "round", "round": round, "connected": len(publishers)})
		// The receiver is looked at now.
		<-orders
	}
	if *rounds > 0 {
		return nil
	}
	publishers, stop := start(c, signal)
	tell(object{"event": "started", "connected": len(publishers)})
	for order := range orders {
		if order == "pause" {
			close(stop)
			time.Sleep(settle)
		}
		streams := []*stream{}
		for _, p := range publishers {
			streams = append(streams, p.network.sent()...)
		}
		tell(object{"event": "sent", "streams": streams})
	}
	end(publishers)
	return nil
}

func receiver() (signalling, error) {
	if *janusURL != "" {
		return janus(*janusURL, *folder), nil
	}
	var tokens []string
	if *tokenFile != "" {
		text, err := os.ReadFile(*tokenFile)
		if err != nil {
			return nil, err
		}
		tokens = strings.Fields(string(text))
		if len(tokens) < *count {
			return nil, fmt.Errorf("%s: %d tokens for %d publishers", *tokenFile, len(tokens), *count)
		}
	}
	return whip(*url, tokens), nil
}

func readOrders(orders chan<- string) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		orders <- lines.Text()
	}
	close(orders)
}

// start connects all publishers, and returns those that came up, sending until stop is closed.
func start(c *clip, signal signalling) (up []*publisher, stop chan struct{}) {
	stop = make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := 0; i < *count; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			p, err := connect(i, signal, what, *seed+int64(i))
			if err != nil {
				tell(object{"event": "failed", "publisher": i, "error": err.Error()})
				if p != nil {
					p.close()
				}
				return
			}
			tell(object{"event": "connected", "publisher": i, "ms": float64(p.took.Microseconds()) / 1000})
			mu.Lock()
			up = append(up, p)
			mu.Unlock()
			go p.send(c, stop)
		}(i)
		time.Sleep(*every)
	}
	all.Wait()
	return up, stop
}

func end(publishers []*publisher) {
	var all sync.WaitGroup
	for _, p := range publishers {
		all.Add(1)
		go func(p *publisher) { defer all.Done(); p.close() }(p)
	}
	all.Wait()
}

var out sync.Mutex

func tell(event object) {
	out.Lock()
	defer out.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(event)
}
