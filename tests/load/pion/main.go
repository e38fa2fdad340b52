// The least that records with Pion: each track's RTP packets, as they come, into a file of its own.
//
// A packet is its arrival in microseconds (8 bytes), its length (4 bytes), both little-endian, and itself. Nothing is
// sealed and nothing synced.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

const (
	keyFrameEvery = 4500 * time.Millisecond
	receiveBuffer = 4 << 20
	largestPacket = 1500
	writeBuffer   = 64 << 10
)

var (
	folder   = flag.String("folder", ".", "where to record")
	listen   = flag.String("http", "127.0.0.1:8081", "WHIP")
	udp      = flag.String("udp", "127.0.0.1:7001", "address and port of media")
	api      *webrtc.API
	sessions atomic.Int64
	tracks   sync.WaitGroup
	stopping = make(chan struct{})
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "recorder:", err)
		os.Exit(1)
	}
}

func run() error {
	engine, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return err
	}
	if err := webrtc.RegisterDefaultInterceptors(engine, chain); err != nil {
		return err
	}
	address, err := net.ResolveUDPAddr("udp4", *udp)
	if err != nil {
		return err
	}
	socket, err := net.ListenUDP("udp4", address)
	if err != nil {
		return err
	}
	if err = socket.SetReadBuffer(receiveBuffer); err != nil {
		return err
	}
	settings := webrtc.SettingEngine{}
	settings.SetICEUDPMux(webrtc.NewICEUDPMux(nil, socket))
	settings.SetLite(true)
	// The default of 64 packets refuses repairs that come late.
	settings.SetSRTPReplayProtectionWindow(1024)
	api = webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(settings))
	http.HandleFunc("/whip", func(response http.ResponseWriter, request *http.Request) {
		answer, err := publish(request.Body)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		response.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(response, answer)
	})
	failed := make(chan error, 1)
	go func() { failed <- http.ListenAndServe(*listen, nil) }()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	select {
	case err = <-failed:
		return err
	case <-asked:
		// What is still in memory goes to the files.
		close(stopping)
		tracks.Wait()
		return nil
	}
}

func publish(offer io.Reader) (string, error) {
	text, err := io.ReadAll(offer)
	if err != nil {
		return "", err
	}
	connection, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	session := sessions.Add(1)
	connection.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		// Sender reports reach Pion's interceptors by being read.
		go func() {
			for {
				if _, _, err := receiver.ReadRTCP(); err != nil {
					return
				}
			}
		}()
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			go askForKeyFrames(connection, track)
		}
		name := fmt.Sprintf("%d-%s.rtp", session, track.Kind())
		tracks.Add(1)
		defer tracks.Done()
		if err := record(track, filepath.Join(*folder, name)); err != nil {
			fmt.Fprintln(os.Stderr, name, err)
		}
	})
	go func() {
		<-stopping
		_ = connection.Close()
	}()
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed {
			_ = connection.Close()
		}
	})
	if err = connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(text)}); err != nil {
		return "", err
	}
	answer, err := connection.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(connection)
	if err = connection.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return connection.LocalDescription().SDP, nil
}

func askForKeyFrames(connection *webrtc.PeerConnection, track *webrtc.TrackRemote) {
	for range time.NewTicker(keyFrameEvery).C {
		request := &rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}
		if connection.WriteRTCP([]rtcp.Packet{request}) != nil {
			return
		}
	}
}

func record(track *webrtc.TrackRemote, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, writeBuffer)
	defer out.Flush()
	packet := make([]byte, largestPacket)
	var header [12]byte
	for {
		length, _, err := track.Read(packet)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		binary.LittleEndian.PutUint64(header[:], uint64(time.Now().UnixMicro()))
		binary.LittleEndian.PutUint32(header[8:], uint32(length))
		if _, err = out.Write(header[:]); err != nil {
			return err
		}
		if _, err = out.Write(packet[:length]); err != nil {
			return err
		}
	}
}
