package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Signalling takes an offer to a receiver and brings back the answer, and what ends the session there.
type signalling func(publisher int, offer string) (answer string, end func(), err error)

var client = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
}

// whip speaks RFC 9725. Without a token none is sent.
func whip(url string, tokens []string) signalling {
	return func(publisher int, offer string) (string, func(), error) {
		call := func(method, url, body string) (*http.Response, error) {
			request, err := http.NewRequest(method, url, strings.NewReader(body))
			if err != nil {
				return nil, err
			}
			if len(tokens) > 0 {
				request.Header.Set("Authorization", "Bearer "+tokens[publisher])
			}
			request.Header.Set("Content-Type", "application/sdp")
			return client.Do(request)
		}
		response, err := call("POST", url, offer)
		if err != nil {
			return "", nil, err
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			return "", nil, err
		}
		if response.StatusCode != http.StatusCreated {
			return "", nil, fmt.Errorf("%s: %s", response.Status, answer)
		}
		session, err := response.Request.URL.Parse(response.Header.Get("Location"))
		if err != nil {
			return "", nil, err
		}
		end := func() {
			if ended, err := call("DELETE", session.String(), ""); err == nil {
				ended.Body.Close()
			}
		}
		return string(answer), end, nil
	}
}

type object = map[string]interface{}

// janus speaks the REST interface of Janus's videoroom: a room for each publisher, recorded into folder.
func janus(base, folder string) signalling {
	return func(publisher int, offer string) (string, func(), error) {
		created, err := janusCall(base, object{"janus": "create"})
		if err != nil {
			return "", nil, err
		}
		session := fmt.Sprintf("%s/%v", base, created.Data.ID)
		attached, err := janusCall(session, object{"janus": "attach", "plugin": "janus.plugin.videoroom"})
		if err != nil {
			return "", nil, err
		}
		handle := fmt.Sprintf("%s/%v", session, attached.Data.ID)
		room := 5000 + publisher
		if _, err = janusCall(handle, object{"janus": "message", "body": object{
			"request": "create", "room": room, "publishers": 1, "videocodec": "vp8", "audiocodec": "opus", "bitrate": 4_000_000,
			// Seconds between requests for a key frame.
			"fir_freq": 5, "record": true, "rec_dir": folder,
		}}); err != nil {
			return "", nil, err
		}
		if _, err = janusCall(handle, object{"janus": "message",
			"body": object{"request": "joinandconfigure", "room": room, "ptype": "publisher", "audio": true, "video": true},
			"jsep": object{"type": "offer", "sdp": offer}}); err != nil {
			return "", nil, err
		}
		for {
			event, err := janusEvent(session)
			if err != nil {
				return "", nil, err
			}
			if event.Plugin.Data.Error != "" {
				return "", nil, fmt.Errorf("janus: %s", event.Plugin.Data.Error)
			}
			if event.JSEP.SDP != "" {
				ended := make(chan struct{})
				go keepAlive(session, ended)
				return event.JSEP.SDP, func() { close(ended); _, _ = janusCall(session, object{"janus": "destroy"}) }, nil
			}
		}
	}
}

type janusAnswer struct {
	Janus string
	Data  struct{ ID json.Number }
	Error struct{ Reason string }
	JSEP  struct{ SDP string }
	// What a plugin says.
	Plugin struct{ Data struct{ Error string } } `json:"plugindata"`
}

func janusCall(url string, body object) (*janusAnswer, error) {
	body["transaction"] = "load"
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return readJanus(client.Post(url, "application/json", bytes.NewReader(encoded)))
}

func janusEvent(session string) (*janusAnswer, error) {
	return readJanus(client.Get(session + "?maxev=1"))
}

func readJanus(response *http.Response, err error) (*janusAnswer, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer := &janusAnswer{}
	if err = json.NewDecoder(response.Body).Decode(answer); err == nil && answer.Janus == "error" {
		err = fmt.Errorf("janus: %s", answer.Error.Reason)
	}
	return answer, err
}

// keepAlive asks for events until the end: a session that nobody asks for is closed after a minute.
func keepAlive(session string, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(20 * time.Second):
			_, _ = janusCall(session, object{"janus": "keepalive"})
		}
	}
}
