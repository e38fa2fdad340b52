package main

import (
	"math/rand"
	"time"
)

// An impairment is what a bad network does to datagrams of media. The same seed does the same to the same sequence.
type impairment struct {
	// Shares of the datagrams, 0 to 1.
	loss, reorder, duplicate float64
	delay                    time.Duration
	// Bits per second; 0 is no limit.
	bandwidth int
}

// Three later datagrams overtake a reordered one.
const overtakenBy = 3

// What waits longer than this for a narrow link is dropped, as a router's full queue would.
const queue = 300 * time.Millisecond

type impairer struct {
	impairment
	random *rand.Rand
	held   []heldBack
	// When the link has sent everything before.
	free time.Time
}

type heldBack struct {
	left     int
	datagram []byte
}

// A delivery comes out of the network at its time.
type delivery struct {
	at       time.Time
	datagram []byte
}

func newImpairer(what impairment, seed int64) *impairer {
	return &impairer{impairment: what, random: rand.New(rand.NewSource(seed))}
}

// pass tells what comes out of the network after datagram went in at now, and whether datagram itself was lost.
func (i *impairer) pass(datagram []byte, now time.Time) (out []delivery, lost bool) {
	if i.random.Float64() < i.loss {
		return nil, true
	}
	if i.random.Float64() < i.reorder {
		i.held = append(i.held, heldBack{overtakenBy, datagram})
		return nil, false
	}
	at, fits := i.leave(len(datagram), now)
	if !fits {
		return nil, true
	}
	out = append(out, delivery{at, datagram})
	if i.random.Float64() < i.duplicate {
		out = append(out, delivery{at, datagram})
	}
	for k := range i.held {
		i.held[k].left--
	}
	for len(i.held) > 0 && i.held[0].left <= 0 {
		out = append(out, delivery{at, i.held[0].datagram})
		i.held = i.held[1:]
	}
	return out, false
}

// leave is when a datagram of so many bytes comes out, and whether the queue has room for it.
func (i *impairer) leave(bytes int, now time.Time) (time.Time, bool) {
	if i.bandwidth == 0 {
		return now.Add(i.delay), true
	}
	if i.free.Before(now) {
		i.free = now
	}
	if i.free.Sub(now) > queue {
		return now, false
	}
	i.free = i.free.Add(time.Duration(bytes) * 8 * time.Second / time.Duration(i.bandwidth))
	return i.free.Add(i.delay), true
}
