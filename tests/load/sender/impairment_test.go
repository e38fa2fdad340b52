package main

import (
	"reflect"
	"testing"
	"time"
)

// arrivals sends numbered datagrams of 1000 bytes a millisecond apart.
func arrivals(what impairment, seed int64) (numbers []int, last time.Duration) {
	i, start := newImpairer(what, seed), time.Unix(0, 0)
	for n := 0; n < 10_000; n++ {
		datagram := make([]byte, 1000)
		datagram[0], datagram[1] = byte(n>>8), byte(n)
		out, _ := i.pass(datagram, start.Add(time.Duration(n)*time.Millisecond))
		for _, d := range out {
			numbers = append(numbers, int(d.datagram[0])<<8|int(d.datagram[1]))
			last = d.at.Sub(start)
		}
	}
	return numbers, last
}

func TestLosesTheAskedShareAndIsReproducible(t *testing.T) {
	one, _ := arrivals(impairment{loss: 0.05}, 7)
	same, _ := arrivals(impairment{loss: 0.05}, 7)
	other, _ := arrivals(impairment{loss: 0.05}, 8)
	if len(one) < 9_400 || len(one) > 9_600 {
		t.Errorf("%d of 10000 arrived", len(one))
	}
	if !reflect.DeepEqual(one, same) || reflect.DeepEqual(one, other) {
		t.Error("the seed does not decide")
	}
}

func TestReordersAndDuplicatesWithoutLosing(t *testing.T) {
	numbers, _ := arrivals(impairment{reorder: 0.1, duplicate: 0.1}, 1)
	distinct, overtaken := map[int]bool{}, 0
	for k, n := range numbers {
		distinct[n] = true
		if k > 0 && n < numbers[k-1] {
			overtaken++
		}
	}
	// The last few may still be held back.
	if len(distinct) < 9_990 || len(numbers) < 10_700 || overtaken < 700 {
		t.Errorf("%d distinct of %d, %d overtaken", len(distinct), len(numbers), overtaken)
	}
}

func TestANarrowLinkDelaysAndThenDrops(t *testing.T) {
	// Twice as much as the link takes.
	numbers, last := arrivals(impairment{bandwidth: 4_000_000, delay: 20 * time.Millisecond}, 1)
	if len(numbers) < 4_900 || len(numbers) > 5_300 {
		t.Errorf("%d of 10000 arrived", len(numbers))
	}
	if late := last - 10*time.Second; late < queue || late > queue+30*time.Millisecond {
		t.Errorf("the last came %v late", late)
	}
}
