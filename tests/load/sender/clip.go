package main

import (
	"encoding/binary"
	"fmt"
	"os"
)

// A clip is encoded VP8 that is sent over and over.
type clip struct {
	frames [][]byte
}

const (
	ivfHeader      = 32
	ivfFrameHeader = 12
)

func readClip(path string) (*clip, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &clip{}
	for at := ivfHeader; at+ivfFrameHeader <= len(raw); {
		size := int(binary.LittleEndian.Uint32(raw[at:]))
		at += ivfFrameHeader
		if at+size > len(raw) {
			break
		}
		c.frames = append(c.frames, raw[at:at+size])
		at += size
	}
	if len(c.frames) == 0 || !isKey(c.frames[0]) {
		return nil, fmt.Errorf("%s does not begin with a VP8 key frame", path)
	}
	return c, nil
}

// RFC 6386, section 9.1: the lowest bit of the first byte is 0 in a key frame.
func isKey(frame []byte) bool {
	return len(frame) > 0 && frame[0]&1 == 0
}

// nextKey is the first key frame from k on, around the end of the clip if need be.
func (c *clip) nextKey(k int) int {
	for i := range c.frames {
		if at := (k + i) % len(c.frames); isKey(c.frames[at]) {
			return at
		}
	}
	return 0
}
