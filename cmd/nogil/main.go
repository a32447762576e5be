// Command nogil brings the packages of nogil to the command line: what a CPU has, what is
// in a file of data (of any size), column sums, divisors, and elastic-net models fitted,
// cross-validated, drawn and used.
//
//	go install github.com/nogil-go/nogil/cmd/nogil@latest
//	nogil help
//
// Results go to standard output (as JSON with --json), everything else to standard error. The
// exit status is 0, 1 for a failure, 2 for a wrong command line, and 130 after Ctrl-C, which
// leaves checkpoints and no half-written file; a second Ctrl-C ends at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/parfor"
)

// The exit statuses.
const (
	statusOK          = 0
	statusFailure     = 1
	statusUsage       = 2
	statusInterrupted = 130 // 128 + SIGINT, as shells have it
)

func main() { os.Exit(status()) }

// status is that with which the program ends.
func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program
	return run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
}

// app is what commands share.
type app struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	quiet    bool
	threads  int
	ran      bool // a command has begun: what is wrong from here on is not the command line
}

// usageError is about the command line, though found by a command.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs the command line and returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	a := &app{in: in, out: out, err: errs}
	root := a.command()
	err := root.Run(ctx, args)
	var usage usageError
	switch {
	case err == nil:
		return statusOK
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		fmt.Fprintln(errs, "nogil: interrupted")
		return statusInterrupted
	case !a.ran || errors.As(err, &usage):
		fmt.Fprintf(errs, "nogil: %v\nRun 'nogil help' for the commands, 'nogil COMMAND --help' for one of them.\n", err)
		return statusUsage
	}
	fmt.Fprintf(errs, "nogil: %v\n", err)
	return statusFailure
}

// command returns the whole command line. urfave/cli prints help and completions; errors
// come back to run.
func (a *app) command() *cli.Command {
	root := &cli.Command{
		Name:    "nogil",
		Usage:   "number crunching at the speed of the hardware",
		Version: version(),
		Description: `Describes and adds up files of any size, counts divisors, and fits, cross-validates,
draws and uses elastic-net models.

   nogil describe houses.csv
   nogil enet cv houses.csv --target price --plot cv.svg --out model.json
   nogil enet predict new.csv --model model.json --out predictions.csv
   nogil sum larger-than-memory.npy

The exit status is 0, 1 for a failure, 2 for a wrong command line, 130 after Ctrl-C.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "write the result as JSON", Destination: &a.json},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress on standard error", Destination: &a.quiet},
			&cli.IntFlag{Name: "threads", Usage: "threads to use: 0 the default (NOGIL_NUM_THREADS, OMP_NUM_THREADS or all), -1 all, -2 all but one, …", Destination: &a.threads},
		},
		Commands: []*cli.Command{
			a.infoCommand(), a.describeCommand(), a.sumCommand(), a.divisorsCommand(), a.enetCommand(), a.benchCommand(),
		},
		EnableShellCompletion: true,
		Writer:                a.out, ErrWriter: a.err, Reader: a.in,
		Action:         a.group,
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
	}
	_ = root.Walk(func(c *cli.Command) error { // no function that it calls returns an error
		c.OnUsageError = func(_ context.Context, _ *cli.Command, err error, _ bool) error { return err }
		return nil
	})
	return root
}

// group is the action of a command that has only subcommands.
func (a *app) group(_ context.Context, c *cli.Command) error {
	if name := c.Args().First(); name != "" {
		return fmt.Errorf("%q is no command of %s", name, c.FullName())
	}
	if c.Root() == c {
		return cli.ShowRootCommandHelp(c)
	}
	return cli.ShowSubcommandHelp(c)
}

// action is the action of a command that does something.
func (a *app) action(do func(context.Context, *cli.Command) error) cli.ActionFunc {
	return func(ctx context.Context, c *cli.Command) error {
		a.ran = true
		return do(ctx, c)
	}
}

// loop is the loop that --threads asks for.
func (a *app) loop() parfor.Loop { return parfor.Loop{Threads: a.threads} }

// file returns the only argument.
func file(c *cli.Command) (string, error) {
	switch c.NArg() {
	case 0:
		return "", usagef("%s: no FILE is given", c.Name)
	case 1:
		return c.Args().First(), nil
	}
	return "", usagef("%s: one FILE is expected, not %q", c.Name, c.Args().Slice())
}
