package main

import (
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// A network is a UDP socket behind an impairment. It counts each RTP packet, whose header travels in the clear
// (RFC 3711). STUN and DTLS pass unharmed, so that every publisher gets connected.
type network struct {
	net.PacketConn
	mu       sync.Mutex
	up, down *impairer
	delayed  chan sending
	streams  map[uint32]*stream
}

type sending struct {
	delivery
	to net.Addr
}

// A stream is what became of the packets of one SSRC.
type stream struct {
	SSRC uint32 `json:"ssrc"`
	Last uint16 `json:"last"`
	// Packets sent for the first time, and sent again because the receiver asked.
	Sent  int `json:"sent"`
	Again int `json:"again"`
	// Of both, what the network lost.
	Lost int `json:"lost"`
	seen [1 << 16 / 64]uint64
}

func newNetwork(socket net.PacketConn, what impairment, seed int64) *network {
	n := &network{
		PacketConn: socket,
		up:         newImpairer(what, seed),
		// Feedback is lost as well; the delay upwards stands for that of the whole round.
		down:    newImpairer(impairment{loss: what.loss}, ^seed),
		streams: map[uint32]*stream{},
	}
	if what.delay > 0 || what.bandwidth > 0 {
		n.delayed = make(chan sending, 4096)
		go n.deliver()
	}
	return n
}

// Media is told from STUN and DTLS by its first byte (RFC 7983), and RTP from RTCP by its second (RFC 5761).
func isMedia(b []byte) bool { return len(b) >= 12 && b[0] >= 128 && b[0] <= 191 }
func isRTP(b []byte) bool   { return isMedia(b) && (b[1] < 192 || b[1] > 223) }

func (n *network) WriteTo(b []byte, to net.Addr) (int, error) {
	if !isMedia(b) {
		return n.PacketConn.WriteTo(b, to)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	// The caller uses its buffer again, and what is held back must not change.
	if n.up.reorder > 0 || n.delayed != nil {
		b = append([]byte(nil), b...)
	}
	out, lost := n.up.pass(b, time.Now())
	if isRTP(b) {
		n.count(b, lost)
	}
	for _, d := range out {
		if n.delayed != nil {
			n.delayed <- sending{d, to}
		} else if _, err := n.PacketConn.WriteTo(d.datagram, to); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func (n *network) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		length, from, err := n.PacketConn.ReadFrom(b)
		if err != nil || !isMedia(b[:length]) {
			return length, from, err
		}
		if _, lost := n.down.pass(b[:length], time.Time{}); !lost {
			return length, from, nil
		}
	}
}

// deliver sends what was delayed, in order: every datagram of a network is delayed alike.
func (n *network) deliver() {
	for d := range n.delayed {
		time.Sleep(time.Until(d.at))
		if _, err := n.PacketConn.WriteTo(d.datagram, d.to); err != nil {
			return
		}
	}
}

func (n *network) count(packet []byte, lost bool) {
	number, ssrc := binary.BigEndian.Uint16(packet[2:]), binary.BigEndian.Uint32(packet[8:])
	s := n.streams[ssrc]
	if s == nil {
		s = &stream{SSRC: ssrc, Last: number - 1}
		n.streams[ssrc] = s
	}
	if lost {
		s.Lost++
	}
	if ahead := int16(number - s.Last); ahead > 0 {
		// Numbers come new again after a full turn: what lies half a turn away is forgotten.
		for ; s.Last != number; s.Last++ {
			opposite := s.Last + 1<<15
			s.seen[opposite/64] &^= 1 << (opposite % 64)
		}
	}
	if bit := uint64(1) << (number % 64); s.seen[number/64]&bit == 0 {
		s.seen[number/64] |= bit
		s.Sent++
	} else {
		s.Again++
	}
}

func (n *network) sent() []*stream {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*stream
	for _, s := range n.streams {
		copied := *s
		all = append(all, &copied)
	}
	return all
}
